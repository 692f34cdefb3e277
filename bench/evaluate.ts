// In a process of its own: the program with so many further workloads, evaluated; prints how many resources it registers.
import { collectRequests } from "../program/collect";
import { directoryForms } from "../program/sources";
import { programWith } from "./workloads";

const program = programWith(Number(process.argv[2]));

void collectRequests({ stack: "prod", program, offline: true, transformConfig: directoryForms }).then(({ requests }) =>
    process.stdout.write(String(requests.length)),
);
