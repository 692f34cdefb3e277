export { declared, isRefused, reserve } from "./collector";
export { accepted, componentName, nothing, problemsOf, type Declaration } from "./declaration";
export { DeclarationError } from "./error";
