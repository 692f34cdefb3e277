export { planTeardown } from "./plan";
export { refuse, teardown } from "./run";
export { planText, reportText } from "./text";
export {
    TeardownStuck,
    type Leftover,
    type Stuck,
    type TeardownOptions,
    type TeardownPlan,
    type TeardownReport,
    type TeardownTarget,
} from "./types";
