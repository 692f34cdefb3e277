export { flights } from "./flights";
