// CI sets variables that switch colours on in a pipe: what tests read, of this process and of those that it starts, is plain text.
process.env.NO_COLOR = "1";
delete process.env.FORCE_COLOR;
