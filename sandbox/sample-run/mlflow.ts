import { UserError } from "../../lib/errors";
import { Service } from "./service";

/** The model that a run has registered, as MLflow itself says. */
export interface Model {
    name: string;
    version: string;
    /** On months that it was not trained on. */
    metrics: Record<string, number>;
}

interface Run {
    data: { metrics?: { key: string; value: number }[] };
}

/** Asks MLflow for a version of a registered model, and the metrics of the run that made it. */
export async function modelOf(
    mlflow: Service,
    login: { username: string; password: string },
    { name, version }: { name: string; version: string },
): Promise<Model> {
    const basic = Buffer.from(`${login.username}:${login.password}`).toString("base64");
    const ask = <T>(path: string, query: Record<string, string>) =>
        mlflow.json<T>(`/api/2.0/mlflow/${path}?${new URLSearchParams(query).toString()}`, {
            headers: { authorization: `Basic ${basic}` },
        });
    const { model_version: found } = await ask<{ model_version: { version: string; run_id: string; status: string } }>(
        "model-versions/get",
        { name, version },
    );
    if (found.status !== "READY") {
        throw new UserError(`version ${version} of the model ${name} is ${found.status}`, { where: mlflow.at.url });
    }
    const { run } = await ask<{ run: Run }>("runs/get", { run_id: found.run_id });
    const metrics = Object.fromEntries((run.data.metrics ?? []).map(({ key, value }) => [key, value]));
    return { name, version: found.version, metrics };
}
