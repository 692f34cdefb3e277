import { isSecretKey, secretShapes } from "./secret-words";

/** Replacement of a secret in a message. */
const hidden = "…";

/** A value of the config as a message quotes it: what may be a secret in it is left out, and so is what is too long. */
export function quote(value: unknown, key = ""): string {
    const text = JSON.stringify(without(value, key)) ?? "nothing";
    return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function without(value: unknown, key: string): unknown {
    if (Array.isArray(value)) return value.map((each) => without(each, key));
    if (typeof value === "object" && value !== null) {
        return Object.fromEntries(Object.entries(value).map(([inner, item]) => [inner, without(item, inner)]));
    }
    if (isSecretKey(key) && typeof value !== "boolean") return hidden;
    return typeof value === "string" ? withoutSecrets(value) : value;
}

/** More than a check would find: whatever is before the last @ of what may be an address, and all of a query. */
function withoutSecrets(text: string): string {
    const address = text
        .replace(/\S*[:/]\S*@/g, `${hidden}@`)
        .replace(/([?&;][^=\s]{1,80}=)[^&;\s]*/g, (_, start: string) => start + hidden);
    return secretShapes.reduce((clean, [shape]) => clean.replace(new RegExp(shape, "g"), hidden), address);
}
