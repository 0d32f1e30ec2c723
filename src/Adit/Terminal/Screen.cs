namespace Adit.Terminal;

/// <summary>The console: the only place that writes to it.</summary>
internal static class Screen
{
    /// <summary>Standard output; flushed with each line.</summary>
    public static TextWriter Out => Console.Out;

    /// <summary>Whether a person looks at standard output.</summary>
    public static bool IsInteractive => !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb";

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

    /// <summary>Writes a line to standard output.</summary>
    public static void Line(string text) => Console.Out.WriteLine(text);

    /// <summary>Writes a failure as one line to standard error.</summary>
    public static void Error(string message) => Console.Error.WriteLine("adit: " + message.ReplaceLineEndings(" "));

    /// <summary>Writes a remark as one line to standard error.</summary>
    public static void Note(string message) => Console.Error.WriteLine(message.ReplaceLineEndings(" "));
}
