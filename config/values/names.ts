import { quote } from "../quote";

/** Form of a name. */
interface Form {
    /** Characters at most. @default 63 */
    most?: number;
    /** Reason why there may be no more. @default as Kubernetes has it */
    why?: string;
    /** The first must be a letter, as of a Service. @default false */
    letterFirst?: boolean;
}

/** Reason why a text is no DNS label, by which Kubernetes names objects, containers and volumes. */
export function labelNameProblem(text: string, { most = 63, why, letterFirst = false }: Form = {}): string | undefined {
    const first = letterFirst ? "a letter" : "a letter or digit";
    const form = `must be lower-case letters, digits and dashes, ${first} first and no dash last`;
    if (text === "") return `${form}; it is empty`;
    if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text) || (letterFirst && !/^[a-z]/.test(text))) {
        const meant = labelMeant(text, letterFirst).slice(0, most).replace(/-+$/, "");
        return `${form}${meant ? `; did you mean "${meant}"?` : `, not ${quote(text)}`}`;
    }
    return text.length > most
        ? `has ${text.length} characters, and at most ${most} fit${why ? `: ${why}` : ""}`
        : undefined;
}

function labelMeant(text: string, letterFirst: boolean): string {
    return text
        .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(letterFirst ? /^[^a-z]+/ : /^-+/, "")
        .replace(/-+$/, "");
}

/** Reason why a text is no name of an object in general: DNS labels with dots between them. */
export function objectNameProblem(text: string): string | undefined {
    const fits = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text) && text.length <= 253;
    return fits
        ? undefined
        : `must be the name of an object in Kubernetes, such as "fast-ssd": lower-case letters, digits, dashes and dots, not ${quote(text)}`;
}

/** Reason why a text is no key of a Secret, which is a file's name too. */
export function secretKeyProblem(text: string): string | undefined {
    return /^(?!-|\.$|\.\.)[A-Za-z0-9._-]{1,253}$/.test(text)
        ? undefined
        : 'must be a key of a Secret, such as "service-account.json": letters, digits, dots, dashes and underscores';
}

/** Reason why a text is no name of an environment variable. */
export function variableProblem(text: string): string | undefined {
    return /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(text)
        ? undefined
        : 'must be the name of an environment variable, such as "MODE": letters, digits and underscores, no digit first';
}

/** Reason why a text is no name of an image. */
export function imageProblem(text: string): string | undefined {
    const part = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
    const host =
        "(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::\\d{1,5})?/)?";
    const whole = new RegExp(
        `^${host}${part}(?:/${part})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`,
    );
    if (text.length <= 512 && whole.test(text)) return undefined;
    return `must be the full name of an image with its tag, such as "registry.example.com/etl:1.2.0", in lower case, not ${quote(text)}`;
}
