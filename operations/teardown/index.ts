export { planTeardown } from "./plan";
export { refuse, teardown } from "./run";
export { planText, reportText } from "./text";
export {
    TeardownStuck,
    type Left,
    type Stuck,
    type TeardownOptions,
    type TeardownPlan,
    type TeardownReport,
    type TeardownTarget,
} from "./types";
