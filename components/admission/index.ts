export { Admission, type AdmissionArgs } from "./admission";
export { wallsOf } from "./facts";
export { readsOf, tokenReads } from "./reads";
