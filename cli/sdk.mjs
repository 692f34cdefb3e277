// Takes off what packages do at their start, and Pulumi's SDK for each promise, and which nobody looks at: more than half of an
// evaluation. PULUMI_DEBUG_PROMISE_LEAKS gives the traces back.
import Module from "node:module";
import { sep } from "node:path";
import process from "node:process";

/**
 * Parts of packages that a start can do without: loaded with the first look at them. By the package that asks for them.
 * Pulumi's SDK serializes functions, serves providers and drives other stacks, of which the platform does none, and without an engine
 * nobody speaks gRPC; zod has its messages in fifty languages.
 */
const late = [
    {
        of: ["", "node_modules", "@pulumi", "pulumi", ""].join(sep),
        parts: /^(@npmcli\/arborist|typescript|@grpc\/grpc-js|semver|upath|@opentelemetry\/api)$|^\.\/(automation|provider|dynamic)$|_grpc_pb$/,
    },
    { of: ["", "node_modules", "zod", ""].join(sep), parts: /\/locales\/index\.cjs$/ },
];

/** A library that is loaded with the first look at it. */
function lazily(load) {
    let library;
    return new Proxy(
        {},
        {
            get: (_target, key) => (key === "__esModule" ? true : (library ??= load())[key]),
            has: (_target, key) => key in (library ??= load()),
        },
    );
}

/**
 * The SDK keeps a stack trace of each promise, for a message about those that are never resolved; it shows none of them unless
 * PULUMI_DEBUG_PROMISE_LEAKS is set. A trace of no frames costs nothing.
 */
function withoutTraces(debuggable) {
    if (process.env.PULUMI_DEBUG_PROMISE_LEAKS) return debuggable;
    const { debuggablePromise } = debuggable;
    debuggable.debuggablePromise = (promise, context) => {
        const limit = Error.stackTraceLimit;
        Error.stackTraceLimit = 0;
        try {
            return debuggablePromise(promise, context);
        } finally {
            Error.stackTraceLimit = limit;
        }
    };
    return debuggable;
}

/**
 * Loads a module, or what stands for it.
 *
 * @param file The file of the module that asks for it.
 */
export function loadWith(request, file, load) {
    if (late.some(({ of, parts }) => file?.includes(of) && parts.test(request))) return lazily(load);
    if (!file?.includes(`${sep}@pulumi${sep}`)) return load();
    // Node's own reads the maps of the project alone, and not those of a thousand modules of others at the first trace.
    if (request === "source-map-support/register" && Module.setSourceMapsSupport) {
        Module.setSourceMapsSupport(true, { nodeModules: false, generatedCode: false });
        return {};
    }
    return request.endsWith("/debuggable") ? once(load(), withoutTraces) : load();
}

const adapted = new WeakSet();

/** Adapts a module's exports when they are first asked for. */
function once(exported, adapt) {
    if (adapted.has(exported)) return exported;
    adapted.add(exported);
    return adapt(exported);
}
