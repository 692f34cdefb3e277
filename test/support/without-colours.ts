// CI sets variables that switch colours on in a pipe: what tests read, of this process and of those that it starts, is plain text.
import pc from "picocolors";

process.env.NO_COLOR = "1";
delete process.env.FORCE_COLOR;
// mocha has loaded it before, so that it has read the environment already.
Object.assign(pc, pc.createColors(false));
