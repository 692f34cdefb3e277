import { Watcher } from "../../kubernetes/wait/watcher";
import { KubeClient } from "../../kubernetes/client";
import { Masker } from "../../kubernetes/mask";
import { UserError } from "../../lib/errors";
import { Airflow } from "./airflow";
import { Model, modelOf } from "./mlflow";
import { addressOf, secretOf, Service } from "./service";
import { SecretAddress } from "./summary";

/** The stack's outputs, as far as the sample needs them. */
export interface Outputs {
    endpoints: Record<string, string>;
    /** Names of the namespaces by system. */
    namespaces: Record<string, string>;
    secrets: Record<string, SecretAddress>;
}

/** A running platform, and a way into its services with the administrators' passwords. */
export class Platform {
    readonly kube: KubeClient;
    private readonly services: Service[] = [];
    private masker?: Promise<Masker>;

    constructor(
        kubeconfig: string,
        readonly outputs: Outputs,
        private readonly signal: AbortSignal,
    ) {
        this.kube = new KubeClient(kubeconfig);
    }

    get namespaces(): string[] {
        return [...new Set(Object.values(this.outputs.namespaces))];
    }

    /** Watcher that knows every password, so that none is printed. */
    async watcher(): Promise<Watcher> {
        const masker = await (this.masker ??= maskerOf(this.kube, this.namespaces));
        return { kube: this.kube, masker, signal: this.signal, progress: () => undefined };
    }

    /** @param note Told while there is no answer. */
    async airflow(note?: (text: string) => void): Promise<Airflow> {
        return new Airflow(await this.service("Airflow", "orchestrator", note), await this.login("orchestratorAdmin"));
    }

    /** A version of a registered model. */
    async model(name: string, version: string, note?: (text: string) => void): Promise<Model> {
        const mlflow = await this.service("MLflow", "tracking", note);
        return modelOf(mlflow, await this.login("trackingAdmin"), { name, version });
    }

    /**
     * A web service of the platform.
     *
     * @param name for people
     * @param endpoint the output that has its address
     */
    async service(name: string, endpoint: string, note?: (text: string) => void): Promise<Service> {
        const url = (this.outputs.endpoints as Record<string, string | undefined>)[endpoint];
        if (!url) throw new UserError(`the stack has no output for ${name}`, { fix: "make up" });
        const at = await addressOf(this.kube, name, url, await this.authority());
        const service = new Service(at, { ...(await this.watcher()), note });
        this.services.push(service);
        return service;
    }

    /** Certificate of the platform's CA, PEM. */
    async authority(): Promise<string> {
        const trust = { namespace: this.outputs.namespaces.orchestration, name: "platform-ca", keys: ["ca.crt"] };
        return (await secretOf(this.kube, trust))["ca.crt"];
    }

    close(): void {
        this.services.forEach((each) => each.close());
        this.kube.http.close();
    }

    private async login(secret: string): Promise<{ username: string; password: string }> {
        const address = (this.outputs.secrets as Record<string, SecretAddress | undefined>)[secret];
        if (!address) throw new UserError(`the stack has no output ${secret}`, { fix: "make up" });
        const { username, password } = await secretOf(this.kube, { ...address, keys: ["username", "password"] });
        return { username, password };
    }
}

async function maskerOf(kube: KubeClient, namespaces: string[]): Promise<Masker> {
    const masker = new Masker();
    for (const namespace of namespaces) {
        for (const { type, data = {} } of await kube.list("v1", "Secret", { namespace })) {
            if (type === "helm.sh/release.v1") continue;
            const text = (encoded: string) => Buffer.from(encoded, "base64").toString();
            masker.learn(
                Object.fromEntries(
                    Object.entries(data as Record<string, string>).map(([key, value]) => [key, text(value)]),
                ),
            );
        }
    }
    return masker;
}
