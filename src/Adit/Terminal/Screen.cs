namespace Adit.Terminal;

/// <summary>The console: the only place that writes to it.</summary>
internal static class Screen
{
    /// <summary>Standard output; flushed with each line.</summary>
    public static TextWriter Out => Console.Out;

    /// <summary>Standard error; likewise.</summary>
    public static TextWriter Err => Console.Error;

    /// <summary>Whether a person looks at standard output.</summary>
    public static bool IsInteractive => !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb";

    /// <summary>Whether a person looks at standard error.</summary>
    public static bool IsErrorInteractive => !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb";

    /// <summary>Whether colour is wanted (https://no-color.org).</summary>
    public static bool HasColor => IsInteractive && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>Columns; 80 where nobody knows.</summary>
    public static int Width
    {
        get
        {
            try
            {
                return Console.IsOutputRedirected || Console.WindowWidth <= 0 ? 80 : Console.WindowWidth;
            }
            catch (IOException)
            {
                return 80;
            }
        }
    }

    /// <summary>
    /// Opens the console; before anything is written, and before there are other threads. The runtime sets a terminal up for reading keys with the
    /// first use (terminfo's keypad_xmit, written to the terminal even where output is a pipe), which nothing here needs and which stays in
    /// whatever records a terminal. It looks up how in TERM, once.
    /// </summary>
    public static void Open()
    {
        const string Term = "TERM";
        if (OperatingSystem.IsWindows() || Environment.GetEnvironmentVariable(Term) is not { } term)
            return;
        Environment.SetEnvironmentVariable(Term, null);
        using (var output = Console.OpenStandardOutput())
            output.Write([]); // Nothing, which is a use.
        Environment.SetEnvironmentVariable(Term, term);
    }

    /// <summary>Writes a line to standard output.</summary>
    public static void Line(string text) => Console.Out.WriteLine(text);

    /// <summary>Writes a failure as one line to standard error.</summary>
    public static void Error(string message) => Console.Error.WriteLine("adit: " + message.ReplaceLineEndings(" "));

    /// <summary>Writes a remark as one line to standard error.</summary>
    public static void Note(string message) => Console.Error.WriteLine(message.ReplaceLineEndings(" "));

    /// <summary>Reads a line after a question; null when there is none.</summary>
    public static string? Ask(string question)
    {
        Console.Error.Write(question);
        return Console.In.ReadLine()?.Trim();
    }

    /// <summary>Reads a line that nobody shall see, after a prompt when a person is there to read it. Null when there is none.</summary>
    public static string? ReadSecret(string prompt)
    {
        if (Console.IsInputRedirected)
            return Console.In.ReadLine();
        Console.Error.Write(prompt);
        var line = new System.Text.StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter)
                break;
            if (key.Key == ConsoleKey.Backspace && line.Length > 0)
                line.Length--;
            else if (!char.IsControl(key.KeyChar))
                line.Append(key.KeyChar);
        }

        Console.Error.WriteLine();
        return line.ToString();
    }
}
