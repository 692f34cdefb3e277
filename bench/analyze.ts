import { once } from "node:events";
import { join } from "node:path";

import type * as grpcTypes from "@grpc/grpc-js";
import * as services from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/analyzer_pb";

import { repoRoot } from "../lib/paths";
import { organization, project } from "../program/stack-config";
import { ofSdk, start, Used } from "./host";
import { configOf } from "./preview";
import { emptyOfSdk, grpc, Registered } from "./stand-in";

/** The policy pack's part of a preview. */
export interface Analyzed extends Used {
    seconds: number;
    /** Until it answers for the first time. */
    started: number;
    /** Violations by the name of the policy and the message. */
    found: string[];
}

type Callback<T> = (error: grpcTypes.ServiceError | null, answer: T) => void;

/** Has the policy pack look at a stack, in a process of its own, asked the way Pulumi's engine asks. */
export async function analyze(stack: string, registered: Registered[]): Promise<Analyzed> {
    const folder = join(repoRoot, "policy");
    const { values } = await configOf(stack);
    const begun = process.hrtime.bigint();
    const since = () => Number(process.hrtime.bigint() - begun) / 1e9;
    const { child, ended } = start([ofSdk("run-policy-pack"), "127.0.0.1:0", folder], {
        cwd: folder,
        env: {
            PULUMI_NODEJS_ORGANIZATION: organization,
            PULUMI_NODEJS_PROJECT: project,
            PULUMI_NODEJS_STACK: stack,
            PULUMI_NODEJS_DRY_RUN: "true",
            PULUMI_CONFIG: JSON.stringify(values),
        },
    });
    const failed = ended.then(() => Promise.reject(new Error("the policy pack ended")));
    failed.catch(() => undefined);
    const [port] = (await Promise.race([once(child.stdout as NodeJS.ReadableStream, "data"), failed])) as [Buffer];
    const client = new services.AnalyzerClient(
        `127.0.0.1:${port.toString().trim()}`,
        grpc.credentials.createInsecure() as never,
        { "grpc.max_receive_message_length": 2 ** 28, "grpc.max_send_message_length": 2 ** 28 },
    );
    const asked = <T>(ask: (answer: Callback<T>) => unknown) =>
        Promise.race([
            new Promise<T>((resolve, reject) => ask((error, answer) => (error ? reject(error) : resolve(answer)))),
            failed,
        ]);
    await asked<messages.AnalyzerInfo>((answer) => client.getAnalyzerInfo(new emptyOfSdk.Empty(), answer));
    const started = since();
    const found: string[] = [];
    const note = (answer: messages.AnalyzeResponse) =>
        found.push(...answer.getDiagnosticsList().map((each) => `${each.getPolicyname()}: ${each.getMessage()}`));
    for (const resource of registered) {
        const request = new messages.AnalyzeRequest();
        fill(request, resource);
        await asked<messages.RemediateResponse>((answer) => client.remediate(request, answer));
        note(await asked<messages.AnalyzeResponse>((answer) => client.analyze(request, answer)));
    }
    const whole = new messages.AnalyzeStackRequest();
    for (const resource of registered) {
        const each = new messages.AnalyzerResource();
        fill(each, resource);
        each.setParent(resource.parent);
        each.setDependenciesList(resource.dependencies);
        whole.addResources(each);
    }
    note(await asked<messages.AnalyzeResponse>((answer) => client.analyzeStack(whole, answer)));
    const seconds = since();
    client.close();
    child.kill("SIGTERM");
    return { ...(await ended), seconds, started, found };
}

function fill(
    message: messages.AnalyzeRequest | messages.AnalyzerResource,
    { type, name, urn, object, protect, deleteBeforeReplace, parent }: Registered,
): void {
    message.setType(type);
    message.setName(name);
    message.setUrn(urn);
    message.setProperties(object);
    const options = new messages.AnalyzerResourceOptions();
    options.setProtect(protect);
    options.setDeletebeforereplace(deleteBeforeReplace);
    options.setDeletebeforereplacedefined(true);
    options.setParent(parent);
    message.setOptions(options);
}
