// Prints the CPU milliseconds that the checks of a hundred declared workloads take.
import { problemsOf } from "../components/declarations";
import { cronJobDeclaration } from "../components/etl/declaration";
import { placements } from "../components/placement";

const args = {
    namespace: { name: "jobs", ready: {} },
    image: "registry.example.com/etl:1",
    command: ["run"],
    schedule: "0 3 * * mon-fri",
    timeZone: "Europe/Berlin",
    env: { MODE: "full" },
    egress: [{ cidr: "203.0.113.0/24", port: 443 }],
    volumes: [{ kind: "scratch", name: "work", mountPath: "/work", sizeLimit: "2Gi" }],
    tolerations: [{ key: "gpu", operator: "Exists" }],
    resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "32Mi" } },
    placements: placements({ platform: {}, batch: {} }),
} as unknown as Parameters<typeof cronJobDeclaration>[1];

const before = process.cpuUsage();
for (let each = 0; each < 100; each++) problemsOf(cronJobDeclaration(`workload-${each}`, args));
const { user, system } = process.cpuUsage(before);
process.stdout.write(((user + system) / 1000).toFixed(1));
