export { checkProgram } from "./check";
export { type Counts } from "./change";
export {
    chooseEngine,
    type Engine,
    type EngineChoice,
    engineChoices,
    type EngineOptions,
    type EngineTarget,
    type Report,
} from "../engine";
