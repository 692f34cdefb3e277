// In a process of its own: the program with so many further workloads, evaluated; prints how many resources it registers.
import { runProgram } from "../program/program";
import { directoryForms } from "../program/sources";
import { programWith } from "./workloads";

const count = Number(process.argv[2]);
let resources = 0;

void runProgram({
    stack: "prod",
    program: programWith(count),
    offline: true,
    adapt: directoryForms,
    handler: ({ type, name, inputs }) => {
        resources++;
        const generated = type.endsWith(":RandomPassword") ? { result: "generated" } : {};
        return Promise.resolve({ id: name, outputs: { ...inputs, ...generated } });
    },
}).then(() => process.stdout.write(String(resources)));
