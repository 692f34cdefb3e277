export { reportOf, type ReportOptions } from "./report";
export { UnknownStack } from "./stacks";
