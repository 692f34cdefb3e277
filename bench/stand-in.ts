import { createRequire } from "node:module";

import type * as grpcTypes from "@grpc/grpc-js";
import * as engineMessages from "@pulumi/pulumi/proto/engine_pb";
import * as engineServices from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/resource_pb";
import * as services from "@pulumi/pulumi/proto/resource_grpc_pb";
import type { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";

/** The SDK's own copies of what it talks by, wherever npm has put them. */
const ofSdk = createRequire(require.resolve("@pulumi/pulumi"));
export const grpc = ofSdk("@grpc/grpc-js") as typeof grpcTypes;
export const emptyOfSdk = ofSdk("google-protobuf/google/protobuf/empty_pb") as { Empty: new () => Empty };

/** A resource as a program has registered it. */
export interface Registered {
    type: string;
    name: string;
    urn: string;
    custom: boolean;
    parent: string;
    provider: string;
    dependencies: string[];
    inputs: Record<string, unknown>;
    /** The same as they came. */
    object: Struct | undefined;
    /** Their size on the wire. */
    bytes: number;
    protect: boolean;
    deleteBeforeReplace: boolean;
}

/** The engine's end of a program's connection: it notes what is registered, and gives each resource its inputs back. */
export interface StandIn {
    address: string;
    registered: Registered[];
    /** Texts of errors that the program has told of. */
    errors: string[];
    stop(): void;
}

/** Abilities of the engine that the program needs. Marks of secrets and of outputs, which the engine takes off before a policy sees them, aren't among them. */
const features = [messages.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS];

type Call<Request> = grpcTypes.ServerUnaryCall<Request, unknown>;
type Answer<Response> = (error: null, response: Response) => void;

/** Starts it on a free port of this machine. */
export async function standIn(stack: string, project: string): Promise<StandIn> {
    const registered: Registered[] = [];
    const errors: string[] = [];
    const server = new grpc.Server({
        "grpc.max_receive_message_length": 2 ** 28,
        "grpc.max_send_message_length": 2 ** 28,
    });
    server.addService(services.ResourceMonitorService as unknown as grpcTypes.ServiceDefinition, {
        ...defaults(services.ResourceMonitorService),
        getDeploymentInfo: (_call: unknown, answer: Answer<messages.DeploymentInfo>) => {
            const response = new messages.DeploymentInfo();
            response.setSupportedfeaturesList(features);
            answer(null, response);
        },
        registerResource: (
            { request }: Call<messages.RegisterResourceRequest>,
            answer: Answer<messages.RegisterResourceResponse>,
        ) => {
            const resource = noted(request, stack, project);
            registered.push(resource);
            const response = new messages.RegisterResourceResponse();
            response.setUrn(resource.urn);
            if (resource.custom) response.setId(resource.name);
            response.setObject(request.getObject());
            answer(null, response);
        },
        readResource: (
            { request }: Call<messages.ReadResourceRequest>,
            answer: Answer<messages.ReadResourceResponse>,
        ) => {
            const response = new messages.ReadResourceResponse();
            response.setUrn(urnOf(stack, project, request.getType(), request.getName(), request.getParent()));
            response.setProperties(request.getProperties());
            answer(null, response);
        },
    });
    let root = "";
    server.addService(engineServices.EngineService as unknown as grpcTypes.ServiceDefinition, {
        ...defaults(engineServices.EngineService),
        log: ({ request }: Call<engineMessages.LogRequest>, answer: Answer<unknown>) => {
            if (request.getSeverity() === engineMessages.LogSeverity.ERROR) errors.push(request.getMessage());
            answer(null, new emptyOfSdk.Empty());
        },
        setRootResource: ({ request }: Call<engineMessages.SetRootResourceRequest>, answer: Answer<unknown>) => {
            root = request.getUrn();
            answer(null, new engineMessages.SetRootResourceResponse());
        },
        getRootResource: (_call: unknown, answer: Answer<unknown>) => {
            const response = new engineMessages.GetRootResourceResponse();
            response.setUrn(root);
            answer(null, response);
        },
    });
    const port = await new Promise<number>((resolve, reject) =>
        server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
            error ? reject(error) : resolve(bound),
        ),
    );
    return { address: `127.0.0.1:${port}`, registered, errors, stop: () => server.forceShutdown() };
}

/** Answers for all that a program may ask and that nobody here looks at: nothing. */
function defaults(service: unknown): Record<string, unknown> {
    const methods = Object.entries(
        service as Record<string, { responseStream?: boolean; responseType: new () => unknown }>,
    );
    return Object.fromEntries(
        methods
            .filter(([, { responseStream }]) => !responseStream)
            .map(([name, { responseType }]) => [
                name,
                (_call: unknown, answer: Answer<unknown>) => answer(null, new responseType()),
            ]),
    );
}

function noted(request: messages.RegisterResourceRequest, stack: string, project: string): Registered {
    const [type, name, parent] = [request.getType(), request.getName(), request.getParent()];
    const object = request.getObject();
    return {
        type,
        name,
        urn: urnOf(stack, project, type, name, parent),
        custom: request.getCustom(),
        parent,
        provider: request.getProvider(),
        dependencies: request.getDependenciesList(),
        inputs: (object?.toJavaScript() ?? {}) as Record<string, unknown>,
        object,
        protect: request.getProtect() ?? false,
        deleteBeforeReplace: request.getDeletebeforereplace() ?? false,
        bytes: object?.serializeBinary().length ?? 0,
    };
}

function urnOf(stack: string, project: string, type: string, name: string, parent: string): string {
    const above = parent.split("::")[2];
    const types = above === undefined || above === "pulumi:pulumi:Stack" ? type : `${above}$${type}`;
    return `urn:pulumi:${stack}::${project}::${types}::${name}`;
}
