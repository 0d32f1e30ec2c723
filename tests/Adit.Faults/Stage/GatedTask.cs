using System.Globalization;
using Adit.Api;
using Adit.Testing;

namespace Adit.Faults.Stage;

/// <summary>
/// A task whose process waits at gates that a test opens: it opens its port when <see cref="Open"/> was called and ends when <see cref="End"/> was, and
/// not when it is asked to. Each start of it, by whoever, leaves its number in a file, so that one too many is seen.
/// </summary>
internal sealed class GatedTask(string folder)
{
    /// <summary>What runs: <c>python3 -c PROGRAM FOLDER PORT</c>; a port of 0 is none.</summary>
    public const string Program = """
        import os, signal, socket, sys, time
        folder, port = sys.argv[1], int(sys.argv[2])
        signal.signal(signal.SIGTERM, lambda *_: open(folder + '/asked', 'w').close())
        with open(folder + '/starts', 'a') as starts:
            starts.write('%d\n' % os.getpid())
        listening = None
        while not os.path.exists(folder + '/end'):
            if listening is None and port and os.path.exists(folder + '/open'):
                listening = socket.create_server(('127.0.0.1', port))
            time.sleep(0.02)
        with open(folder + '/end') as end:
            sys.exit(int(end.read()))
        """;

    /// <summary>The task as the hub showed it when it was launched.</summary>
    public ApiTask Task { get; set; } = null!;

    /// <summary>Its id.</summary>
    public string Id => Task.Id;

    /// <summary>Whether it was asked to end.</summary>
    public bool IsAsked => File.Exists(Path.Combine(folder, "asked"));

    /// <summary>The processes that were ever started for it.</summary>
    public IReadOnlyList<int> Starts => File.Exists(Path.Combine(folder, "starts"))
        ? [.. File.ReadAllLines(Path.Combine(folder, "starts")).Select(static l => int.Parse(l, CultureInfo.InvariantCulture))]
        : [];

    /// <summary>Those of them that are still there.</summary>
    public IReadOnlyList<int> Alive => [.. Starts.Where(IsAlive)];

    /// <summary>Its command line.</summary>
    public IReadOnlyList<string> Command(string port) => ["/usr/bin/python3", "-S", "-E", "-c", Program, folder, port];

    /// <summary>Lets it open its port.</summary>
    public void Open() => Write("open", "");

    /// <summary>Lets it end with a code.</summary>
    public void End(int code) => Write("end", code.ToString(CultureInfo.InvariantCulture));

    /// <summary>The next start of it goes on until it is told to end, again.</summary>
    public void Again()
    {
        File.Delete(Path.Combine(folder, "end"));
        File.Delete(Path.Combine(folder, "asked"));
    }

    /// <summary>Returns when so many processes were started for it.</summary>
    public Task StartedAsync(int count = 1) => Eventually.HoldsAsync(() => Starts.Count >= count, $"{Task.Name} was started {count} times");

    /// <summary>Kills what is left of it.</summary>
    public void Kill()
    {
        foreach (var id in Alive)
        {
            try
            {
                using var process = System.Diagnostics.Process.GetProcessById(id);
                process.Kill();
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException)
            {
                // It has just ended.
            }
        }
    }

    // The number may be another's by now, so that its command line is looked at too.
    private bool IsAlive(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline").Contains(folder, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    // At once: whoever looks finds all of it or nothing.
    private void Write(string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }
}
