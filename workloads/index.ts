export { flights } from "./flights";
export { ownWorkloads } from "./own";
