// Markdown by a stranger, made harmless. It is read line by line, as strictly as can be: whatever GitHub might read otherwise than
// this does counts as text, and text is escaped.

/** Tags that may stay; none has an attribute but `details open`. */
const tags = /^<(?:details(?: open)?|\/?(?:summary|b|code|sub|kbd)|\/details|br ?\/?)>/;
/** Entities that stand for punctuation; `@` and `#` aren't among them, because GitHub links those after it has read entities. */
const entities = /^&(?:lt|gt|amp|quot|#(?:33|38|39|40|41|42|45|60|62|91|92|93|95|96|124|126|8203));/;
const languages = new Set(["", "diff", "yaml", "json", "text"]);
/** A space that has no width: it parts what GitHub would otherwise link. */
const nothing = "\u200b";

/** Place of a line in the text. */
interface Place {
    /** Backticks of the fence that is open; 0: none is. */
    fence: number;
    /** A line that begins with a tag begins a block of HTML, in which Markdown means nothing until the next empty line. */
    html: boolean;
}

/**
 * Makes each line of a Markdown text harmless.
 *
 * @param pages where links may lead, with all that is below
 * @returns the text, and how many lines had to be changed
 */
export function harmless(markdown: string, pages: string): { text: string; changed: number } {
    const place: Place = { fence: 0, html: false };
    const lines = markdown.split("\n");
    const safe = lines.map((line) => safeLine(stripped(line), place, pages));
    const changed = safe.filter((line, index) => line !== lines[index]).length;
    // Nothing after it may be swallowed, should something be added.
    if (place.fence > 0) safe.push("`".repeat(place.fence));
    return { text: safe.join("\n"), changed };
}

function safeLine(line: string, place: Place, pages: string): string {
    if (place.fence > 0) {
        const closing = /^ {0,3}(`{3,})[ \t]*$/.exec(line);
        if (closing && closing[1].length >= place.fence) {
            place.fence = 0;
            return line;
        }
        // Programs that read comments for commands don't know what a fence is.
        return line.replace(/^\//, `${nothing}/`);
    }
    // Not indented and not in HTML: there, every reader of Markdown begins a fence, whatever came before.
    const opening = place.html ? null : /^(`{3,})([^`]*)$/.exec(line);
    if (opening) {
        place.fence = opening[1].length;
        return languages.has(opening[2].trim()) ? line : `${opening[1]}text`;
    }
    if (/^[ \t]*$/.test(line)) place.html = false;
    else if (/^(?:[ \t>*+-]|\d{1,9}[.)])*</.test(line)) place.html = true;
    // At the beginning of a line these tags are sure to be read as HTML; in it, what is in `code` is neither read nor linked.
    const kept = /^<(?:details(?: open)?|summary)>/.test(line) ? line.split(/(<code>[^<]*<\/code>)/) : [line];
    return begun(kept.map((part, index) => (index % 2 === 1 ? part : inline(part, pages, place.html))).join(""));
}

/** Characters that show nothing or turn the text around. */
function stripped(line: string): string {
    // eslint-disable-next-line no-control-regex -- these are what has to go
    return line.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, "");
}

/** Escapes what means something at the beginning of a line only: fences of another kind, and commands to other programs. */
function begun(line: string): string {
    return line.replace(/^([\s>]*)(~{3,})/, "$1\\$2").replace(/^(\s*)\//, `$1${nothing}/`);
}

/** Patterns of what GitHub makes a link, or reaches somebody by, in any text. */
const reaching: [RegExp, string][] = [
    [/^@(?=[^\s\u200b])/, `@${nothing}`],
    [/^#(?=\d)/, `#${nothing}`],
    [/^gh-(?=\d)/i, `GH-${nothing}`],
    [/^:(?=\/\/)/, `:${nothing}`],
    [/^www(?=\.)/i, `www${nothing}`],
];

function inline(line: string, pages: string, html: boolean): string {
    let out = "";
    for (let rest = line; rest;) {
        const { length, as } = piece(rest, pages, html);
        out += as ?? rest.slice(0, length);
        rest = rest.slice(length);
    }
    return out;
}

/** Piece at the beginning: how long it is, and what is to stand there if not the same. */
function piece(rest: string, pages: string, html: boolean): { length: number; as?: string } {
    for (const [what, as] of reaching) {
        const found = what.exec(rest);
        if (found) return { length: found[0].length, as };
    }
    switch (rest[0]) {
        case "\\":
            // What stands behind a backslash is text; but what GitHub links in texts, it links there, too.
            return { length: !html && /^\\[!-/;-?[-`{-~]/.test(rest) && rest[1] !== "#" ? 2 : 1 };
        case "`": {
            const span = html ? undefined : codeSpan(rest);
            if (span) return { length: span };
            const run = /^`+/.exec(rest)?.[0].length ?? 1;
            return { length: run, as: html ? undefined : "\\`".repeat(run) };
        }
        case "<": {
            const tag = tags.exec(rest);
            return tag ? { length: tag[0].length } : { length: 1, as: "&lt;" };
        }
        case "&": {
            const entity = entities.exec(rest);
            if (entity) return { length: entity[0].length };
            return { length: 1, as: /^&#?\w+;/.test(rest) ? "&amp;" : undefined };
        }
        case "]": {
            if (!/^\][([:]/.test(rest)) return { length: 1 };
            const link = ownLink(rest, pages);
            return link ? { length: link } : { length: 1, as: "\\]" };
        }
        case "!":
            return { length: 1, as: rest[1] === "[" ? "\\!" : undefined };
        default:
            return { length: 1 };
    }
}

/** The length of a span of code at the beginning, if GitHub is sure to read one there: a `|` may part it, in a table. */
function codeSpan(text: string): number | undefined {
    const [, run, inner] = /^(`+)(?!`)(.*?[^`])\1(?!`)/s.exec(text) ?? [];
    if (run === undefined || inner === undefined || /(^|[^\\])\|/.test(inner)) return undefined;
    return run.length * 2 + inner.length;
}

/** The length of `](address)` at the beginning, if the address is below the pages. */
function ownLink(text: string, pages: string): number | undefined {
    const [whole, address] = /^\]\(([^\s()<>"'\\]+)\)/.exec(text) ?? [];
    if (!whole || !address || !address.startsWith(`${pages}/`)) return undefined;
    return /^[\w./#?=&%:-]*$/.test(address.slice(pages.length)) && !address.includes("..") ? whole.length : undefined;
}
