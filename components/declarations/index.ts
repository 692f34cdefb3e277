export { declared, isRefused } from "./collector";
export { accepted, componentName, nothing, problemsOf, type Declaration } from "./declaration";
export { DeclarationError } from "./error";
