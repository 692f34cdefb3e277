import { z } from "zod";

import { rotation } from "../parts";

export const orchestrator = z
    .strictObject({
        kind: z.literal("airflow").describe("The maker of the orchestrator."),
        rotation,
    })
    .describe("Airflow.");

export type OrchestratorConfig = z.infer<typeof orchestrator>;

export const orchestratorDefaults: OrchestratorConfig = { kind: "airflow", rotation: 1 };
