import assert from "node:assert/strict";
import { createRequire } from "node:module";

import { keepStructsPlain } from "../../../program/structs";

interface Message {
    toJavaScript(): unknown;
    serializeBinary(): Uint8Array;
    getFieldsMap(): { toArray(): unknown[] };
}
interface MessageClass {
    fromJavaScript(value: unknown): Message;
    deserializeBinary(bytes: Uint8Array): Message;
}

const { Struct } = createRequire(require.resolve("@pulumi/pulumi"))("google-protobuf/google/protobuf/struct_pb") as {
    Struct: MessageClass;
};

describe("properties of resources in messages", () => {
    const value = {
        z: [1, "two", null, { deep: [{ b: false, a: -0.5 }] }],
        a: { "4dabf18193072939515e22adb298388d": "a mark of Pulumi's", empty: {}, none: [] },
    };
    let encoded: Message;
    let plain: Message;

    before(() => {
        keepStructsPlain();
        plain = Struct.fromJavaScript(value);
        encoded = Struct.deserializeBinary(plain.serializeBinary());
    });

    it("come out as an encoded message gives them, to the order of the keys", () => {
        assert.deepEqual(encoded.toJavaScript(), value);
        assert.equal(JSON.stringify(plain.toJavaScript()), JSON.stringify(encoded.toJavaScript()));
    });

    it("are encoded whole for whoever sends them or looks at their fields", () => {
        assert.ok(plain.serializeBinary().length > JSON.stringify(value).length / 2);
        assert.equal(plain.getFieldsMap().toArray().length, 2);
    });

    it("don't change with what they were made of, nor with what came out", () => {
        const source = { list: [{ a: 1 }] };
        const message = Struct.fromJavaScript(source);
        source.list[0].a = 2;
        (message.toJavaScript() as typeof source).list.push({ a: 3 });
        assert.deepEqual(message.toJavaScript(), { list: [{ a: 1 }] });
    });

    it("are refused where no message can hold them", () => {
        for (const bad of [undefined, () => 1, 1n])
            assert.throws(() => Struct.fromJavaScript({ bad }), /can't hold a value of the type/);
    });
});
