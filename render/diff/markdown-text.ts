// What is shown in a comment comes out of the pull request: names, values, errors. None of it may be read as Markdown or HTML, speak
// to anybody (@name), or point at anything (#1, addresses).

/** Bytes as GitHub counts them. */
export function bytes(text: string): number {
    return Buffer.byteLength(text);
}

/** At most so many bytes of a text, never half a character; where it was cut, it ends in `…`. */
export function clipped(text: string, most: number): string {
    if (bytes(text) <= most) return text;
    const end = "…";
    let length = 0;
    let kept = "";
    for (const character of text) {
        length += bytes(character);
        if (length > most - bytes(end)) break;
        kept += character;
    }
    return most < bytes(end) ? "" : kept + end;
}

/** Characters that would not be seen, turn the direction of what follows, or end a line, are shown by their number. */
export function visible(text: string): string {
    return text
        .replace(/\r\n/g, "\n")
        .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd")
        .replace(
            // eslint-disable-next-line no-control-regex -- they are what is looked for
            /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
            (character) => `\\u{${character.charCodeAt(0).toString(16)}}`,
        );
}

/** Bytes of one name or value in a sentence. */
const longest = 200;

function oneLine(text: string): string {
    return clipped(visible(text).replace(/\s+/g, " ").trim(), longest);
}

/** A span of code, in which nothing means anything. Fit for a cell of a table, too: a bar, which no name has, is shown broken. */
export function code(text: string): string {
    const inner = oneLine(text).replaceAll("|", "¦");
    if (inner === "") return "";
    const fence = "`".repeat(longestRun(inner) + 1);
    const space = inner.startsWith("`") || inner.endsWith("`") ? " " : "";
    return `${fence}${space}${inner}${space}${fence}`;
}

/** Several names. */
export function codes(names: string[], most = 8): string {
    const shown = names.slice(0, most).map(code).join(", ");
    return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** The same within HTML, where no Markdown is read. */
export function htmlCode(text: string): string {
    const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
    return `<code>${oneLine(text).replace(/[&<>"']/g, (character) => entities[character])}</code>`;
}

/** A sentence: plain words stand as they are, whatever else there is in it stands as code. */
export function prose(text: string): string {
    return clipped(visible(text).replace(/\s+/g, " ").trim(), 4 * longest)
        .split(" ")
        .map((word) => {
            const [, start, inner, end] = /^(\(?)(.*?)([),.;:!?]*)$/.exec(word) ?? ["", "", word, ""];
            // Marks of a sentence alone could still make a picture or a list.
            if (inner === "") return /^[,.;:?)(]*$/.test(word) ? word : code(word);
            return /^[A-Za-z]+(['’-][A-Za-z]+)*$/.test(inner) && !/^www$/i.test(inner)
                ? word
                : `${start}${code(inner.replace(/^`(.+)`$/, "$1"))}${end}`;
        })
        .join(" ");
}

/** A block of lines that nothing in them can end. */
export function fenced(lines: string[], language: string): string {
    const fence = "`".repeat(Math.max(3, longestRun(lines.join("\n")) + 1));
    return [`${fence}${language}`, ...lines, fence].join("\n");
}

function longestRun(text: string): number {
    return Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
}

/** Lines while they fit, each with its line break, and one that tells how many don't. */
export function fitting(lines: string[], most: number, more: (left: number) => string): string[] {
    const sizes = lines.map((line) => bytes(line) + 1);
    if (sizes.reduce((sum, size) => sum + size, 0) <= most) return lines;
    let left = most - bytes(more(lines.length)) - 1;
    const count = sizes.findIndex((size) => (left -= size) < 0);
    return [...lines.slice(0, count), more(lines.length - count)];
}
