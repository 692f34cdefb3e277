// Mocha prints the stack of an error alone; of several in one, and of a user's, nothing would say what happened.
import { renderError } from "../../lib/errors";

export const mochaHooks = {
    afterEach(this: Mocha.Context): void {
        const { err } = this.currentTest ?? {};
        if (err instanceof AggregateError) err.stack = `${err.name}: ${renderError(err)}\n${err.stack ?? ""}`;
    },
};
