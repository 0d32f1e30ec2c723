namespace Adit.Runner.Executors;

/// <summary>
/// Reads the lines that a task writes into two files, while it writes and after, into its spool. How far it has read is kept with the lines, so
/// that it can end at any point and go on later. What was read is freed from the files where the file system can.
/// Both files are looked at as often as there is something new, and ever more seldom while there is not: five times a second, and once a second
/// when nothing came for half a minute.
/// </summary>
internal sealed class TaskOutput
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan SleepyPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SleepyAfter = TimeSpan.FromSeconds(30);

    private readonly OutputFile _out;
    private readonly OutputFile _error;
    private readonly int _attempt;
    private readonly TaskSpool _spool;
    private readonly TimeProvider _time;
    private readonly SpoolBatch _batch = new();
    private bool _saidGrowing;

    /// <summary>Goes on where the spool says that an earlier one stopped.</summary>
    /// <param name="outFile">The file of standard output.</param>
    /// <param name="errorFile">The file of standard error.</param>
    /// <param name="attempt">Whose files they are.</param>
    /// <param name="spool">Gets the lines.</param>
    /// <param name="time">The clock.</param>
    public TaskOutput(string outFile, string errorFile, int attempt, TaskSpool spool, TimeProvider time)
    {
        var position = spool.Position;
        var isSame = position.Attempt == attempt;
        _out = new OutputFile(outFile, 0, isSame ? position.First : 0, time);
        _error = new OutputFile(errorFile, 1, isSame ? position.Second : 0, time);
        _attempt = attempt;
        _spool = spool;
        _time = time;
    }

    /// <summary>Reads until <paramref name="ended"/> and both files are read to their ends.</summary>
    /// <exception cref="IOException">The spool or the files cannot be used.</exception>
    public async Task FollowAsync(Task ended, CancellationToken cancellationToken)
    {
        try
        {
            var pause = ShortestPause;
            var moved = _time.GetTimestamp();
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var isLast = ended.IsCompleted; // Asked first: what was written before the end is there then.
                if (Step(isLast))
                {
                    pause = ShortestPause;
                    moved = _time.GetTimestamp();
                    if (_batch.Length > SpoolBatch.MaxLength / 4)
                        continue; // It writes more than we take at once.
                }
                else if (isLast)
                {
                    return;
                }

                if (isLast)
                    continue;
                await Task.WhenAny(ended, Task.Delay(Aligned(pause), _time, cancellationToken));
                var longest = _time.GetElapsedTime(moved) < SleepyAfter ? LongestPause : SleepyPause;
                pause = pause * 1.5 < longest ? pause * 1.5 : longest;
            }
        }
        finally
        {
            _out.Dispose();
            _error.Dispose();
            _batch.Dispose();
        }
    }

    // All idle tasks are looked at in the same moment: it is waking up that costs.
    private TimeSpan Aligned(TimeSpan pause)
    {
        if (pause < LongestPause)
            return pause;
        var since = _time.GetElapsedTime(0).Ticks % pause.Ticks;
        return TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, pause.Ticks - since));
    }

    // Takes what is there, a bounded piece of each file. False when there was nothing.
    private bool Step(bool isLast)
    {
        _batch.Clear();
        var moved = _out.Take(_batch, isLast) | _error.Take(_batch, isLast);
        if (!moved)
            return false;
        try
        {
            _spool.Append(_batch, new SpoolPosition(_attempt, _out.Position, _error.Position));
        }
        catch
        {
            // Nothing was taken then. What was before may make the room that is missing.
            _out.Revert();
            _error.Revert();
            _out.Free(isNow: true);
            _error.Free(isNow: true);
            throw;
        }

        if (!(_out.Free() & _error.Free()) && !_saidGrowing)
        {
            _saidGrowing = true;
            _spool.Say("The file system of the runner's data directory cannot free what was read of a file: the task's output takes room there until the task has ended.");
        }

        return true;
    }
}
