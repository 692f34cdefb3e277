import { run } from "../lib/exec";
import { tool } from "../tools";

/** Reason why a pod is not ready. */
export interface PodTrouble {
    /** `<namespace>/<name>` */
    pod: string;
    phase: string;
    /** Reason of the phase, e.g. `Unschedulable: 0/1 nodes are available`. */
    reason?: string;
    /** One line a container that is not as it should be, e.g. `server: waiting, CrashLoopBackOff (3 restarts)`. */
    containers: string[];
    /** The last ones, oldest first. */
    events: string[];
    /** The last lines of each container in trouble. */
    logs: Record<string, string[]>;
}

interface ContainerState {
    waiting?: { reason?: string; message?: string };
    running?: object;
    terminated?: { reason?: string; exitCode: number; message?: string };
}

interface ContainerStatus {
    name: string;
    ready: boolean;
    restartCount: number;
    state?: ContainerState;
    lastState?: ContainerState;
}

interface Pod {
    metadata: { name: string; namespace: string };
    status?: {
        phase?: string;
        reason?: string;
        message?: string;
        conditions?: { type: string; status: string; reason?: string; message?: string }[];
        initContainerStatuses?: ContainerStatus[];
        containerStatuses?: ContainerStatus[];
    };
}

interface Event {
    type?: string;
    reason?: string;
    message?: string;
    count?: number;
    lastTimestamp?: string;
    eventTime?: string;
    metadata: { creationTimestamp: string };
    involvedObject: { kind: string; name: string };
}

/**
 * Finds out why pods of a namespace are not ready.
 *
 * @param selector a label selector, e.g. `app.kubernetes.io/instance=kafka`. Default: all pods
 * @returns one entry a pod that is neither ready nor done; none when all is well
 */
export async function diagnose(kubeconfig: string, namespace: string, selector?: string): Promise<PodTrouble[]> {
    const kubectl = await tool("kubectl");
    const ask = async (args: string[]) => {
        const common = ["--kubeconfig", kubeconfig, "--namespace", namespace, "--request-timeout", "10s"];
        // A diagnosis is asked for when something has failed already; it must not fail on top of that.
        return (await run(kubectl, [...common, ...args], { timeout: 15_000 }).catch(() => undefined))?.stdout ?? "";
    };
    const list = async <T>(args: string[]) => {
        const text = await ask(["get", ...args, "--output", "json"]);
        return text ? (JSON.parse(text) as { items: T[] }).items : [];
    };
    const [pods, events] = await Promise.all([
        list<Pod>(["pods", ...(selector ? ["--selector", selector] : [])]),
        list<Event>(["events"]),
    ]);
    return Promise.all(
        pods.filter(inTrouble).map(async (pod) => {
            const { name } = pod.metadata;
            const logs: Record<string, string[]> = {};
            for (const container of statuses(pod).filter(containerInTrouble)) {
                logs[container.name] = await logOf(ask, name, container);
            }
            return { ...summarize(pod), events: eventsOf(events, name), logs };
        }),
    );
}

type Ask = (args: string[]) => Promise<string>;

/** The last words of a container; of its last life if the present one has said nothing yet. */
async function logOf(ask: Ask, pod: string, { name, restartCount }: ContainerStatus): Promise<string[]> {
    const args = ["logs", pod, "--container", name, "--tail", "12"];
    const said = lines(await ask(args));
    return said.length === 0 && restartCount > 0 ? lines(await ask([...args, "--previous"])) : said;
}

/** The evidence lines of an error. */
export function describeTroubles(troubles: PodTrouble[]): string[] {
    return troubles.flatMap(({ pod, phase, reason, containers, events, logs }) => [
        `pod ${pod}: ${phase}${reason ? `, ${reason}` : ""}`,
        ...containers.map((line) => `  container ${line}`),
        ...events.map((line) => `  event ${line}`),
        ...Object.entries(logs).flatMap(([container, said]) => said.map((line) => `  log ${container}: ${line}`)),
    ]);
}

function statuses({ status }: Pod): ContainerStatus[] {
    return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}

/** Neither ready nor successfully done. */
export function inTrouble({ status }: Pod): boolean {
    if (status?.phase === "Succeeded") return false;
    return status?.conditions?.find(({ type }) => type === "Ready")?.status !== "True";
}

function containerInTrouble({ ready, state }: ContainerStatus): boolean {
    return !ready && state?.terminated?.exitCode !== 0;
}

/** Summary of a pod's own status, without its events and logs; pure. */
export function summarize(pod: Pod): Omit<PodTrouble, "events" | "logs"> {
    const { phase = "Unknown", reason, message, conditions = [] } = pod.status ?? {};
    const unscheduled = conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
    return {
        pod: `${pod.metadata.namespace}/${pod.metadata.name}`,
        phase,
        reason: sentence(unscheduled?.reason ?? reason, unscheduled?.message ?? message),
        containers: statuses(pod).filter(containerInTrouble).map(describeContainer),
    };
}

function describeContainer({ name, state = {}, lastState = {}, restartCount }: ContainerStatus): string {
    const ended = (terminated: NonNullable<ContainerState["terminated"]>) =>
        `${sentence(terminated.reason, terminated.message)} (exit code ${terminated.exitCode})`;
    const now = state.terminated
        ? `ended, ${ended(state.terminated)}`
        : state.waiting
          ? `waiting, ${sentence(state.waiting.reason, state.waiting.message)}`
          : "running, but its readiness probe has not succeeded";
    const before = lastState.terminated ? `; last time ${ended(lastState.terminated)}` : "";
    return `${name}: ${now}${before}${restartCount ? `; ${restartCount} restarts` : ""}`;
}

function sentence(reason?: string, message?: string): string | undefined {
    return [reason, message?.trim().replaceAll("\n", "; ").slice(0, 300)].filter(Boolean).join(": ") || undefined;
}

function eventsOf(events: Event[], pod: string): string[] {
    const at = (event: Event) => event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp;
    return events
        .filter(({ involvedObject }) => involvedObject.kind === "Pod" && involvedObject.name === pod)
        .sort((a, b) => at(a).localeCompare(at(b)))
        .slice(-6)
        .map(({ reason, message, count = 1 }) => `${sentence(reason, message)}${count > 1 ? ` (${count} times)` : ""}`);
}

function lines(text: string): string[] {
    return text
        .split("\n")
        .filter((line) => line.trim())
        .map((line) => line.slice(0, 300));
}
