import { createRequire } from "node:module";

/**
 * Properties of a resource in a message to the engine; as far as we reach into it. It isn't part of Pulumi's public types.
 */
interface Struct {
    toJavaScript(): unknown;
    getFieldsMap(noLazyCreate?: boolean): unknown;
}
interface StructClass {
    new (): Struct;
    fromJavaScript(value: unknown): Struct;
}

/** The SDK's own copy of it, wherever npm has put that. */
const { Struct } = createRequire(require.resolve("@pulumi/pulumi"))("google-protobuf/google/protobuf/struct_pb") as {
    Struct: StructClass;
};
const encode = Struct.fromJavaScript;

/** A Struct that keeps its values as they are, and encodes them only for somebody who looks at its fields or sends it. */
class PlainStruct extends Struct {
    private encoded?: Struct;
    private readonly value: unknown;

    constructor(value: unknown) {
        super();
        this.value = copied(value);
    }

    override toJavaScript(): unknown {
        return copied(this.value);
    }

    override getFieldsMap(noLazyCreate?: boolean): unknown {
        return (this.encoded ??= encode(this.value)).getFieldsMap(noLazyCreate);
    }
}

/**
 * Keeps the SDK from encoding the properties of each resource as a message that nobody sends, and from decoding it again: with the
 * CRDs that is more than half of an evaluation without an engine.
 */
export function keepStructsPlain(): void {
    Struct.fromJavaScript = (value) => new PlainStruct(value);
}

/** Copies values as a message gives them back: the keys of objects in order. @throws Error for what no message can hold */
function copied(value: unknown): unknown {
    if (value === null || ["string", "number", "boolean"].includes(typeof value)) return value;
    if (Array.isArray(value)) return value.map(copied);
    if (typeof value !== "object") throw new Error(`a message can't hold a value of the type ${typeof value}`);
    const copy: Record<string, unknown> = {};
    for (const key of Object.keys(value).sort()) copy[key] = copied((value as Record<string, unknown>)[key]);
    return copy;
}
