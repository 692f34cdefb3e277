import { htmlCode, bytes, code } from "./markdown-text";
import { Piece, shown, shownCut } from "./markdown-object";

/** The folded part of a comment, and what of it is not there. */
export interface Folded {
    text: string;
    /** Objects that are not shown, by environment. */
    left: Map<string, number>;
    /** True if one is shown in part. */
    cut: boolean;
}

/**
 * Pieces by environment and component, folded, in at most so many bytes. The most dangerous are taken first, and one that is larger
 * than a quarter of the room last; the first that doesn't fit is cut. Within the text they stand in the order given.
 */
export function fold(pieces: Piece[], most: number): Folded {
    const texts = new Map<Piece, string>();
    const open = new Set<string>();
    const groups = new Map<string, Piece[]>();
    for (const piece of pieces) {
        const key = keysOf(piece)[1];
        groups.set(key, [...(groups.get(key) ?? []), piece]);
    }
    let free = most;
    let cut = false;
    const giant = (piece: Piece) => (bytes(shown(piece)) > most / 4 ? 1 : 0);
    const sizes = new Map(pieces.map((piece) => [piece, giant(piece)] as const));
    const order = [...pieces].sort(
        (one, other) => (sizes.get(one) ?? 0) - (sizes.get(other) ?? 0) || other.rank - one.rank,
    );
    for (const piece of order) {
        const [environment, component] = keysOf(piece);
        const around =
            (open.has(environment) ? 0 : bytes(environmentHead(piece))) +
            (open.has(component)
                ? 0
                : bytes(componentHead(groups.get(component) ?? [], texts)) + reserve + bytes(componentFoot));
        const whole = shown(piece);
        const room = free - around - bytes(between);
        const text: string | undefined = bytes(whole) <= room ? whole : cut ? undefined : shownCut(piece, room);
        if (text === undefined) continue;
        cut ||= text !== whole;
        texts.set(piece, text);
        free = room - bytes(text);
        open.add(environment).add(component);
    }
    const left = new Map<string, number>();
    for (const piece of pieces) {
        if (!texts.has(piece)) left.set(piece.environment, (left.get(piece.environment) ?? 0) + piece.count);
    }
    return { text: assembled(groups, texts), left, cut };
}

/** For the number of objects that a component's line says are not shown. */
const reserve = bytes(", 1000000 not shown");
const between = "\n\n";
const componentFoot = "\n\n</details>\n\n";

function keysOf({ environment, component }: Piece): [string, string] {
    return [`${environment}\0`, `${environment}\0${component}`];
}

function environmentHead({ environment }: Piece): string {
    return `### ${code(environment)}\n\n`;
}

function componentHead(own: Piece[], texts: Map<Piece, string>): string {
    const count = (some: Piece[]) => some.reduce((sum, each) => sum + each.count, 0);
    const [all, left] = [count(own), count(own.filter((each) => !texts.has(each)))];
    const [{ component, system }] = own;
    const name = system && system !== component ? `${htmlCode(component)} ${htmlCode(system)}` : htmlCode(component);
    const mark = own.some(({ rank }) => rank > 0) ? " · worth a second look" : "";
    const hidden = left > 0 && left < all ? `, ${left} not shown` : "";
    return `<details><summary>${name}: ${all} object${all === 1 ? "" : "s"}${hidden}${mark}</summary>${between}`;
}

function assembled(groups: Map<string, Piece[]>, texts: Map<Piece, string>): string {
    let environment: string | undefined;
    return [...groups.values()]
        .filter((own) => own.some((piece) => texts.has(piece)))
        .map((own) => {
            const first = own[0].environment !== environment;
            environment = own[0].environment;
            const blocks = own.flatMap((piece) => texts.get(piece) ?? []).join(between);
            return `${first ? environmentHead(own[0]) : ""}${componentHead(own, texts)}${blocks}${componentFoot}`;
        })
        .join("");
}
