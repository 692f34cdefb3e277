import fc from "fast-check";

// What people write, right and nearly right: one generator a kind of value. Each gives what is right about two times out of three.

export type Arbitrary = fc.Arbitrary<unknown>;

/** Values of another type: as YAML and `pulumi config set --path` make them of what somebody has typed. */
export const otherTypes: Arbitrary = fc.oneof(
    fc.constantFrom<unknown>(
        null,
        true,
        false,
        0,
        1,
        2,
        -1,
        1.5,
        1e21,
        "",
        " ",
        "null",
        "~",
        "yes",
        [],
        {},
        [null],
        [[]],
    ),
    fc.constantFrom<unknown>(
        "0x1F",
        "1_000",
        "12:30",
        "1e3",
        ".inf",
        "*anchor",
        "<<",
        "{{ x }}",
        "${x}",
        "a\nb",
        "\u202ea",
        "💥",
        "ü",
        "\ud800",
        "\0",
    ),
    fc.constantFrom("__proto__", "constructor", "toString", "x".repeat(300), "-".repeat(64)),
    fc.jsonValue({ maxDepth: 2 }),
    fc.string({ unit: "binary", maxLength: 20 }),
);

/** A kind of value: mostly right, else a near miss of it or of another type. */
export function kind(right: Arbitrary, misses: Arbitrary): Arbitrary {
    return fc.oneof(
        { weight: 13, arbitrary: right },
        { weight: 6, arbitrary: misses },
        { weight: 1, arbitrary: otherTypes },
    );
}

export const join = (...parts: Arbitrary[]) => fc.tuple(...parts).map((each) => each.join(""));
export const number = (min: number, max: number) => fc.integer({ min, max });

/** Applies a generator to lists and maps. */
export const listOf = (of: Arbitrary, maxLength = 3): Arbitrary => kind(fc.array(of, { maxLength }), of);
export const mapOf = (key: Arbitrary, of: Arbitrary): Arbitrary =>
    kind(fc.dictionary(key.map(String), of, { maxKeys: 3, noNullPrototype: true }), of);
export const choice = (...words: string[]): Arbitrary =>
    kind(fc.constantFrom(...words), fc.constantFrom("none", words[0].toUpperCase(), ` ${words[0]}`));
export const flag = kind(fc.boolean(), fc.constantFrom("true", "yes", 1));
