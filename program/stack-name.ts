// Light: it is loaded for every command line.
import { stackNameProblem } from "../config/stack-name";
import { UsageError } from "../lib/errors";

/** The project's name, the prefix of its config keys. */
export const project = "data-platform";

/** The organization of every stack whose backend the team runs itself, by Pulumi's own convention. */
export const organization = "organization";

/** A stack as a person names it. */
export interface NamedStack {
    /** The name alone, by which everything is named: `dev`. */
    stack: string;
    /** Organization of Pulumi Cloud, where the name says one. Absent: the one of whoever is logged in. */
    organization?: string;
}

/**
 * Reads a stack's name as it is given on a command line, in the environment or to make: `dev`, or Pulumi's full name such as
 * `acme/data-platform/dev` or `acme/dev`.
 *
 * @throws UsageError for one that can't be, and for a stack of another project
 */
export function namedStack(text: string): NamedStack {
    const parts = text.split("/");
    const stack = parts.at(-1) ?? "";
    const allowed = `dev, ${organization}/${project}/dev, or Pulumi Cloud's <organization>/${project}/dev`;
    const given = JSON.stringify(text.length > 100 ? `${text.slice(0, 97)}…` : text);
    if (parts.length > 3 || parts.slice(0, -1).some((part) => !/^[A-Za-z0-9][-A-Za-z0-9_.]{0,99}$/.test(part))) {
        throw new UsageError(`${given} is no name of a stack`, { allowed });
    }
    const [owner, of = project] = parts.length === 1 ? [] : [parts[0], parts.length === 3 ? parts[1] : undefined];
    if (of !== project) {
        throw new UsageError(`${given} is a stack of the project ${of}, and this is the project ${project}`, {
            allowed,
        });
    }
    const problem = stackNameProblem(stack);
    if (problem) throw new UsageError(problem);
    return { stack, ...(owner === undefined || owner === organization ? {} : { organization: owner }) };
}

/** The name alone, for a command that isn't about a backend. @throws UsageError as `namedStack` */
export function stackNamed(text: string): string {
    return namedStack(text).stack;
}
