import { ConfigError } from "../../config/errors";
import { parse } from "../../config/parse";

/** The problems that a config is refused with, by key; none where it is taken. */
export function configProblems(raw: Record<string, unknown>, stack = "test"): Record<string, string> {
    try {
        parse(raw, stack);
    } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        return Object.fromEntries(error.problems.map(({ key, message }) => [key, message]));
    }
    return {};
}
