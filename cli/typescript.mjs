// Loads the project's TypeScript: types are stripped (lint checks them), and what comes of a file is kept by its content, which
// takes most of a start's time away. `node -r ./cli/typescript.mjs` does what ts-node's transpile-only register does.
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { dirname, join, resolve, sep } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { loadWith } from "./sdk.mjs";

const require = createRequire(import.meta.url);
const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const kept = join(root, "node_modules", ".cache", "data-platform");

// What V8 makes of a module is kept as well: the SDK alone has a thousand of them.
Module.enableCompileCache?.(join(kept, "v8"));
// Line numbers in a stack are those of the source then; Pulumi takes a stack for each promise, so it isn't done by default.
if (process.env.DATA_PLATFORM_DEBUG) process.setSourceMapsEnabled(true);

const options = readFileSync(join(root, "tsconfig.json"), "utf8");
const version = require("typescript/package.json").version;
let typescript;
let compilerOptions;

function transpile(source, file) {
    typescript ??= require("typescript");
    compilerOptions ??= {
        ...typescript.convertCompilerOptionsFromJson(
            typescript.parseConfigFileTextToJson("tsconfig.json", options).config.compilerOptions,
            root,
        ).options,
        ...{ module: typescript.ModuleKind.CommonJS, moduleResolution: undefined, noEmit: false },
        ...{ inlineSourceMap: true, inlineSources: false, isolatedModules: true },
    };
    return typescript.transpileModule(source, { fileName: file, compilerOptions }).outputText;
}

function keep(path, text) {
    const scratch = `${path}.${randomBytes(4).toString("hex")}`;
    try {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(scratch, text);
        renameSync(scratch, path);
    } catch {
        // A read-only checkout works as well, only slower.
    }
}

function load(module, file) {
    const source = readFileSync(file, "utf8");
    const hash = createHash("sha256").update([version, options, file, source].join("\0")).digest("hex");
    const path = join(kept, "ts", `${hash.slice(0, 32)}.js`);
    let text;
    try {
        text = readFileSync(path, "utf8");
    } catch {
        text = transpile(source, file);
        keep(path, text);
    }
    module._compile(text, file);
}

const others = Module._extensions[".js"];
Module._extensions[".ts"] = (module, file) =>
    file.startsWith(root + sep) && !file.includes(`${sep}node_modules${sep}`)
        ? load(module, file)
        : others(module, file);

const loadNow = Module._load;
Module._load = function (request, parent, ...rest) {
    return loadWith(request, parent?.filename, () => loadNow.call(this, request, parent, ...rest));
};
