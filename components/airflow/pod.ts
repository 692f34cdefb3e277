import { restrictedContainer, restrictedPod } from "../restricted";
import { user } from "./names";

/** Security context of every pod of Airflow's image. */
export const podSecurity = () => restrictedPod({ runAsUser: user.uid, runAsGroup: user.gid, fsGroup: user.gid });

/** Security context of every container in the values of Airflow's chart. */
export const containerSecurity = restrictedContainer({ runAsNonRoot: true });

/** Requests and limits of a job that loads all of Airflow. */
export const jobResources = { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "1Gi" } };

/** A container's arguments that run a module in the shell's place, so that the process itself gets the signals. */
export const run = (module: string, ...args: string[]) => ["bash", "-c", ["exec python -m", module, ...args].join(" ")];

/** A probe's command that asks the database whether a part has been heard of lately; `job` is Airflow's name of the part. */
export const alive = (job: string) => ["python", "-m", "platform_airflow.alive", job];
