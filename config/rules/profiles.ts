import { problem, Rule } from "./rule";

/** A stack of prod keeps its data whatever happens to a node or to the stack. */
export const prodRetention: Rule = ({ profile, protect, objectStore, eventStream, database }) =>
    profile !== "prod"
        ? []
        : [
              ...problem(
                  database.kind === "postgresql",
                  "database.kind",
                  "may not be postgresql with profile prod: one server, and with its node everything stands still; use cloudnativepg, or external",
              ),
              ...problem(
                  objectStore.kind === "minio" && !objectStore.retain,
                  "objectStore.retain",
                  "must be true with profile prod: a destroy would delete the data",
              ),
              ...problem(
                  !eventStream.retain,
                  "eventStream.retain",
                  "must be true with profile prod: a destroy would delete the data",
              ),
              ...problem(
                  database.kind !== "external" && !database.retain,
                  "database.retain",
                  "must be true with profile prod: a destroy would delete the data",
              ),
              ...problem(
                  !protect,
                  "protect",
                  "must be true with profile prod; to take such a stack down, `pulumi state unprotect` names each thing on purpose",
              ),
          ];

/** A stack that goes by itself may neither keep anything nor have what others need. */
export const ephemeralRetention: Rule = ({ profile, protect, objectStore, eventStream, database, cluster }) =>
    profile !== "ephemeral"
        ? []
        : [
              ...Object.entries({ objectStore, eventStream, database }).flatMap(([key, { retain }]) =>
                  problem(
                      retain,
                      `${key}.retain`,
                      "must be false with profile ephemeral: such a stack is destroyed when its time is over, and nothing of it may stay",
                  ),
              ),
              ...problem(
                  protect,
                  "protect",
                  "must be false with profile ephemeral: such a stack is destroyed when its time is over, without anybody to ask",
              ),
              ...problem(
                  cluster.mode === "install",
                  "cluster.mode",
                  "must be shared with profile ephemeral: with the stack, what all others on the cluster need would go; name the stack that has the cluster plane in cluster.stack",
              ),
          ];
