export { checkProgram } from "./check";
export { type Counts } from "./change";
