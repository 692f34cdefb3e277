import * as pulumi from "@pulumi/pulumi";

/** One thing that is wrong with a declaration of a workload. */
export interface DeclarationProblem {
    /** The declaration, such as `EtlCronJob "clean"`. */
    declaration: string;
    /** Path of the argument, such as `volumes[0].mountPath`. */
    argument: string;
    /** Description of the problem, and what is allowed. */
    message: string;
}

/**
 * Declarations that can't be: every problem of all of them at once. The engine prints a `RunError` without a stack trace, because the
 * message says where to look.
 */
export class DeclarationError extends pulumi.RunError {
    constructor(readonly problems: DeclarationProblem[]) {
        const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
        super(
            [
                `the declarations of workloads have ${count}; none of them was made:`,
                ...problems.map(({ declaration, argument, message }) => `  ${declaration}: ${argument}: ${message}`),
            ].join("\n"),
        );
        this.name = "DeclarationError";
    }
}
