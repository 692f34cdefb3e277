import { formsOf } from "../config/secret-forms";
import { FieldChange } from "./diff";

/** Replacement of a secret in output. */
export const masked = "(secret)";

/** Shorter ones would mask ordinary words; a secret path often covers a user name too. */
const shortest = 16;

/** Keys that a Secret holds beside passwords, for convenience; masking them would hide names that anybody may know. */
const open = /^(host|port|username|database|ca\.crt|tls\.crt)$/;

/** Keeps secret values out of whatever is printed. */
export class Masker {
    /** The longest first: none is a part of a later one then. */
    private forms: string[] = [];

    /** @param mark what stands in place of each secret */
    constructor(private readonly mark = masked) {}

    /** Learns a secret: every string in it but for what is no secret by its key; in each form that it may be written in. */
    learn(value: unknown, minimum = shortest): void {
        if (typeof value === "string") {
            if (value.length < minimum || value === this.mark) return;
            const forms = new Set([...this.forms, ...formsOf(value)]);
            this.forms = [...forms].sort((one, other) => other.length - one.length);
        } else if (typeof value === "object" && value !== null) {
            for (const [key, item] of Object.entries(value)) if (!open.test(key)) this.learn(item, minimum);
        }
    }

    /** A text without any secret that was learnt. */
    text(text: string): string {
        return this.forms.reduce((clean, form) => clean.replaceAll(form, this.mark), text);
    }

    /** Any value without a secret. */
    value<T>(value: T): T {
        if (typeof value === "string") return this.text(value) as T;
        if (Array.isArray(value)) return value.map((item: unknown) => this.value(item)) as T;
        if (typeof value === "object" && value !== null) {
            return Object.fromEntries(
                Object.entries(value).map(([key, item]) => [key, this.value(item as unknown)]),
            ) as T;
        }
        return value;
    }

    /** The changes of one object, fit to be printed: nothing of a Secret's contents and annotations, no secret elsewhere. */
    fields(kind: string, changes: FieldChange[]): FieldChange[] {
        return changes.map((change) => {
            const hidden = kind === "Secret" && /^(data|stringData|metadata\.annotations)\b/.test(change.path);
            const clean = (value: unknown) => (hidden ? this.mark : this.value(value));
            return {
                path: change.path,
                ...("before" in change ? { before: clean(change.before) } : {}),
                ...("after" in change ? { after: clean(change.after) } : {}),
            };
        });
    }
}
