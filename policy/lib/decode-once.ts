import { createRequire } from "node:module";

type Properties = Record<string, unknown>;
type Decode = (message: object, proxySecrets: boolean) => Properties;

/** Part of @pulumi/policy, left out of its types. */
const library = createRequire(__filename)("@pulumi/policy/deserialize") as { deserializeProperties: Decode };

/**
 * Decodes the properties of a resource once, when the first policy looks at them, and not anew for each policy, whatever it looks at:
 * a stack has megabytes of CRDs that no policy reads.
 */
export function decodeOnce(): void {
    library.deserializeProperties = once(library.deserializeProperties);
}

/** The same, once for each message and not before it is looked at. Those whose secrets are kept may be changed, and so are made anew. */
export function once(decode: Decode): Decode {
    const known = new WeakMap<object, Properties>();
    return (message, proxySecrets) => {
        if (proxySecrets) return decode(message, proxySecrets);
        const properties = known.get(message) ?? lazily(() => decode(message, proxySecrets));
        known.set(message, properties);
        return properties;
    };
}

/** Properties that are there with the first look at them. Nobody may change them: every policy has the same. */
function lazily(decode: () => Properties): Properties {
    let decoded: Properties | undefined;
    const all = () => (decoded ??= decode());
    const no = () => false;
    return new Proxy<Properties>(
        {},
        {
            get: (_target, key) => Reflect.get(all(), key) as unknown,
            has: (_target, key) => Reflect.has(all(), key),
            ownKeys: () => Reflect.ownKeys(all()),
            getOwnPropertyDescriptor: (_target, key) => Reflect.getOwnPropertyDescriptor(all(), key),
            ...{ set: no, deleteProperty: no, defineProperty: no },
        },
    );
}
