import js from "@eslint/js";
import prettier from "eslint-config-prettier";
import tseslint from "typescript-eslint";

/**
 * The folders of the program from the ground up: each may import those before it, and none of those after it. `config` and `lib` stand
 * beside each other, and `sandbox` is the bare machine's alone: only checks (for their API server), the commands and tests need it.
 */
const layers = [
    ...["lib", "config", "tools", "kubernetes", "program", "helm", "components", "engine"],
    ...["render", "images", "sandbox", "operations", "checks", "cli"],
];

/**
 * The folders that a layer may not import. Workloads stand on the components; of them config alone reads the sample's declaration,
 * which imports nothing: who may use which bucket, topic and model stands there once, and is config's default.
 */
function closedTo(layer) {
    const above = [...layers.slice(layers.indexOf(layer) + 1), "workloads"];
    if (layer === "lib") return above;
    if (layer === "config") return ["lib", ...above.slice(0, -1), "workloads(?!/(declaration|access)$)"];
    return layer === "operations" ? ["sandbox", ...above] : above;
}

function law(files, regex, message) {
    return { files, rules: { "no-restricted-imports": ["error", { patterns: [{ regex, message }] }] } };
}

const closed = (layer) => `^(\\.\\./)+(${closedTo(layer).join("|")})(/|$)`;
const importLaw = [
    ...layers
        .slice(0, -1)
        .map((layer) =>
            law(
                [`${layer}/**/*.ts`],
                closed(layer),
                `${layer}/ stands below it: docs/architecture.md, "What may import what".`,
            ),
        ),
    // The schema is made of the sections, and rules look at all of them.
    law(
        ["config/sections/*.ts"],
        `${closed("config")}|^\\.\\./(schema|rules|sizing|defaults|profiles)(/|$)`,
        "a section is schema and defaults of its own; a rule over several goes to config/rules/.",
    ),
    // Config reads it without loading a component.
    law(
        ["workloads/declaration.ts", "workloads/access.ts"],
        "^(?!\\./declaration$)",
        "the declaration imports nothing.",
    ),
];

export default tseslint.config(
    { ignores: ["node_modules", "workloads/.venv", "workloads/.venv-dags", "checks/.venv", ".sandbox"] },
    js.configs.recommended,
    ...tseslint.configs.recommended,
    {
        files: ["**/*.ts"],
        languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
        rules: {
            "@typescript-eslint/no-explicit-any": "error",
            "@typescript-eslint/no-floating-promises": "error",
            "@typescript-eslint/no-misused-promises": "error",
            "@typescript-eslint/no-base-to-string": "error",
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
            "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
        },
    },
    ...importLaw,
    prettier,
);
