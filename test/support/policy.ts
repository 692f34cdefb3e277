import { PolicyResource, ReportViolation, ResourceValidationArgs, StackValidationArgs } from "@pulumi/policy";
import { PolicyResourceOptions, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";

/** A resource as a policy sees it. */
export interface Given {
    type: string;
    props: Record<string, unknown>;
    name?: string;
    opts?: Partial<PolicyResourceOptions>;
}

const options: PolicyResourceOptions = {
    protect: false,
    ignoreChanges: [],
    aliases: [],
    customTimeouts: { createSeconds: 0, updateSeconds: 0, deleteSeconds: 0 },
    additionalSecretOutputs: [],
};

/** Arguments that the engine hands to a policy, built by hand: no engine, no cluster. */
export function resourceArgs({ type, props, name = "minio", opts }: Given): ResourceValidationArgs {
    return {
        type,
        props,
        urn: `urn:pulumi:dev::data-platform::${type}::${name}`,
        name,
        opts: { ...options, ...opts },
        stackTags: new Map(),
        isType: () => false,
        asType: () => undefined,
        getConfig: <T extends object>() => ({}) as T,
        notApplicable,
    };
}

/** Arguments of a policy of the whole stack. */
export function stackArgs(resources: Given[]): StackValidationArgs {
    return {
        resources: resources.map((given): PolicyResource => {
            const { type, props, urn, name, opts } = resourceArgs(given);
            return {
                ...{ type, props, urn, name, opts },
                dependencies: [],
                propertyDependencies: {},
                isType: () => false,
                asType: () => undefined,
            };
        }),
        stackTags: new Map(),
        getConfig: <T extends object>() => ({}) as T,
        notApplicable,
    };
}

/** Violations that a policy reports of one resource. */
export async function violations(policy: ResourceValidationPolicy, given: Given): Promise<string[]> {
    const said: string[] = [];
    const report: ReportViolation = (message) => void said.push(message);
    for (const validate of [policy.validateResource ?? []].flat()) await validate(resourceArgs(given), report);
    return said;
}

/** Violations that a policy reports of a stack. */
export async function stackViolations(policy: StackValidationPolicy, resources: Given[]): Promise<string[]> {
    const said: string[] = [];
    await policy.validateStack(stackArgs(resources), (message) => void said.push(message));
    return said;
}

/** The config that a policy reads. */
export function asProfile(profile: string): void {
    pulumi.runtime.setAllConfig({ "data-platform:profile": profile }, []);
}

function notApplicable(reason?: string): never {
    throw new Error(reason);
}

/** A deep copy with one value changed; `undefined` takes it away. */
export function but(given: Given, path: string, value: unknown): Given {
    const copy = structuredClone(given);
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    const holder = keys.reduce<Record<string, unknown>>((part, key) => part[key] as Record<string, unknown>, {
        ...copy,
    });
    if (value === undefined) delete holder[last];
    else holder[last] = value;
    return keys.length === 0 ? { ...copy, [last]: value } : copy;
}
