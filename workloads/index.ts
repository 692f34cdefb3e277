export { flights } from "./flights";
export { declareOwnWorkloads } from "./own";
