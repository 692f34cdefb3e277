import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

import { ResourceRequest } from "../../../program/program";
import { UserError } from "../../../lib/errors";
import { shortType } from "../change";
import { Context, entryOf, Made, ResourceHandler } from "../context";
import { masked } from "../../../kubernetes/mask";

type Inputs = Record<string, unknown>;
type Outputs = Record<string, unknown>;

const generators: Record<string, (inputs: Inputs) => Outputs> = {
    RandomPassword: (inputs) => ({ result: randomText(inputs) }),
    RandomString: (inputs) => ({ result: randomText(inputs) }),
    RandomUuid: () => ({ result: randomUUID() }),
    RandomId: ({ byteLength, prefix = "" }) => {
        const bytes = randomBytes(Number(byteLength));
        const forms = {
            hex: bytes.toString("hex"),
            b64Url: bytes.toString("base64url"),
            b64Std: bytes.toString("base64"),
        };
        return Object.fromEntries(Object.entries(forms).map(([form, text]) => [form, textOf(prefix) + text]));
    },
};

/** Random values: made once, kept in the state, made anew only when their inputs change (`keepers` among them). */
export const random: ResourceHandler = {
    async apply(request: ResourceRequest, { state, masker, preview }: Context): Promise<Made> {
        const generate = generators[shortType(request.type)];
        if (!generate) {
            throw new UserError(`the built-in engine can't make ${request.type}`, {
                where: request.urn,
                allowed: Object.keys(generators).join(", "),
                fix: "use the Pulumi CLI: --engine pulumi",
            });
        }
        const { inputs } = request;
        const known = state.get(request.urn)?.random;
        if (known && isDeepStrictEqual(known.inputs, inputs)) {
            masker.learn(known.outputs, 1);
            if (!preview) await state.put({ ...entryOf(request), random: known });
            return { operation: "same", result: { id: "none", outputs: { ...inputs, ...known.outputs } } };
        }
        const operation = known ? "replace" : "create";
        if (known && request.protect) {
            throw new UserError(`the random value ${request.name} would be made anew, but it is protected`, {
                where: request.urn,
                fix: "take the change back, or set `protect: false` in the stack file and run the same command again",
            });
        }
        if (preview)
            return { operation, result: { id: "none", outputs: { ...inputs, ...placeholders(generate(inputs)) } } };
        const outputs = generate(inputs);
        masker.learn(outputs, 1);
        // On the disk before anything can be made of it: a password that is lost locks everybody out.
        await state.put({ ...entryOf(request), random: { inputs, outputs } });
        return { operation, result: { id: "none", outputs: { ...inputs, ...outputs } } };
    },

    delete: () => Promise.resolve(),
};

function placeholders(outputs: Outputs): Outputs {
    return Object.fromEntries(Object.keys(outputs).map((key) => [key, masked]));
}

/** A text as the provider `random` makes it: at least so many of each class of characters, in random order. */
export function randomText(inputs: Inputs): string {
    const length = Number(inputs.length);
    const on = (key: string) => inputs[key] === undefined || inputs[key] === true;
    const special = typeof inputs.overrideSpecial === "string" ? inputs.overrideSpecial : "!@#$%&*()-_=+[]{}<>:?";
    const classes = [
        { characters: "abcdefghijklmnopqrstuvwxyz", on: on("lower"), least: Number(inputs.minLower ?? 0) },
        { characters: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", on: on("upper"), least: Number(inputs.minUpper ?? 0) },
        { characters: "0123456789", on: on("numeric") && on("number"), least: Number(inputs.minNumeric ?? 0) },
        { characters: special, on: on("special"), least: Number(inputs.minSpecial ?? 0) },
    ].filter((each) => each.on);
    const all = classes.map(({ characters }) => characters).join("");
    const drawn = classes.flatMap(({ characters, least }) => Array.from({ length: least }, () => draw(characters)));
    while (drawn.length < length) drawn.push(draw(all));
    for (let last = drawn.length - 1; last > 0; last--) {
        const other = randomInt(last + 1);
        [drawn[last], drawn[other]] = [drawn[other], drawn[last]];
    }
    return drawn.join("");
}

function draw(characters: string): string {
    return characters[randomInt(characters.length)];
}

function textOf(value: unknown): string {
    return typeof value === "string" ? value : "";
}
