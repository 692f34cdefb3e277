import { UserError } from "../../lib/errors";
import { isMissing, run } from "../../lib/exec";

/** A program that a cluster of kind's needs, a question that it answers at once, and how to get it. */
interface Need {
    name: string;
    question: string[];
    get: string;
}

const needs: Need[] = [
    { name: "docker", question: ["info"], get: "Docker: https://docs.docker.com/get-started/get-docker/" },
    {
        name: "kind",
        question: ["version"],
        get: "kind 0.33 or newer: https://kind.sigs.k8s.io/docs/user/quick-start/#installation",
    },
    {
        name: "kubectl",
        question: ["version", "--client"],
        get: "kubectl 1.35 or newer: https://kubernetes.io/docs/tasks/tools/",
    },
    {
        name: "pulumi",
        question: ["version"],
        get: "Pulumi's CLI: make packages, or https://www.pulumi.com/docs/iac/download-install/",
    },
];

/** Refuses a machine that lacks a program, all of them in one message and before anything is made. */
export async function requireKindTools(): Promise<void> {
    const lacks = await Promise.all(
        needs.map(async ({ name, question, get }) => {
            const failure = await run(name, question, { still: 60 }).then(
                () => undefined,
                (error: unknown) => error,
            );
            if (failure === undefined) return [];
            if (!(failure instanceof UserError)) throw failure;
            if (isMissing(failure)) return [{ evidence: `${name} is not there`, fix: get }];
            const said = failure.details.evidence?.at(-1) ?? failure.message;
            return [{ evidence: `${name} is there and doesn't answer: ${said}`, fix: `start it, or get ${get}` }];
        }),
    );
    if (lacks.flat().length === 0) return;
    throw new UserError("a cluster by kind can't be made here; nothing has been made", {
        evidence: lacks.flat().map(({ evidence }) => evidence),
        allowed: "docker, kind, kubectl and pulumi, on Linux, macOS or WSL2, without root",
        fix: lacks
            .flat()
            .map(({ fix }) => fix)
            .join("\n"),
    });
}
