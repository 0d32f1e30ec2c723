namespace Adit.Runner.Executors;

/// <summary>
/// How far the source of a task's lines was read. It is written in one piece with the lines, so that after a crash the two agree.
/// </summary>
/// <param name="Attempt">The attempt whose source it is; 0 before the first.</param>
/// <param name="First">Bytes of the file of standard output; for a container the time of the last line in nanoseconds since 1970.</param>
/// <param name="Second">Bytes of the file of standard error; for a container how many lines have exactly that time.</param>
internal readonly record struct SpoolPosition(int Attempt, long First, long Second);
