export { declared, isRefused, reserve } from "./collector";
export { accepted, componentName, nothing, placed, problemsOf, type Declaration } from "./declaration";
export { DeclarationError } from "./error";
