import { collectRequests } from "../../program/collect";
import type { ProgramOptions, ResourceRequest } from "../../program/program";

/** A generated password under test, so that a leak can be found. */
export const sentinel = "sentinel-generated-password";

/** Everything that a program registers, nothing made. */
export class Collected {
    constructor(
        readonly requests: ResourceRequest[],
        readonly outputs: Record<string, unknown>,
    ) {}

    /** The one resource of a type and name. Types may be short: `Job` for `kubernetes:batch/v1:Job`. */
    one(type: string, name: string): ResourceRequest {
        const found = this.all(type).filter((request) => request.name === name);
        if (found.length !== 1) throw new Error(`${found.length} resources are ${type} "${name}"`);
        return found[0];
    }

    all(type: string): ResourceRequest[] {
        return this.requests.filter((request) => request.type === type || request.type.endsWith(`:${type}`));
    }
}

/** Evaluates a program and collects what it asks for. */
export async function collect(options: {
    program?: string;
    stack?: string;
    config?: Record<string, string>;
    secretKeys?: string[];
    offline?: boolean;
    stackOutputs?: ProgramOptions["stackOutputs"];
}): Promise<Collected> {
    const { requests, outputs } = await collectRequests({
        stack: "sandbox",
        offline: true,
        ...options,
        generated: (name) => `${sentinel}-${name}`,
    });
    return new Collected(requests, outputs);
}
