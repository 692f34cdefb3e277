// Options that several commands have, worded alike. Light: it is loaded for every command line.
import { InvalidArgumentError, Option } from "commander";

export { engineOption } from "../engine/option";

/** Consent given beforehand. */
export const yesOption = () => new Option("--yes", "don't ask; without a terminal it is needed for every change");

/** Look, and change nothing. */
export const dryRunOption = () => new Option("--dry-run", "say what would be done, and change nothing");

/** A bound on the whole, or on what `of` says, in minutes. */
export const timeoutOption = (minutes: number, of = "for the whole") =>
    new Option("--timeout <minutes>", `how long it may take at most, ${of}`).default(minutes).argParser(positive);

/** A number of minutes on the command line. */
export function positive(text: string): number {
    const value = Number(text);
    if (/^\d+(\.\d+)?$/.test(text) && value > 0) return value;
    throw new InvalidArgumentError("It must be a number above 0, such as 20.");
}
