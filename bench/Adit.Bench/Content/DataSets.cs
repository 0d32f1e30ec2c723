using System.Globalization;
using System.Text;

namespace Adit.Bench.Content;

/// <summary>What is stored: made from a fixed seed, so that every run everywhere has the same bytes.</summary>
internal static class DataSets
{
    private static readonly string[] Words =
        ("abstract adapter add all answer any append apply array assert async at await base batch begin block body break buffer build bytes cache call cancel case catch check chunk class clear client close " +
        "code collect column command commit compare config connect const content context continue copy count create current cut data date decode default delete depth describe diff directory dispose double " +
        "each edge else empty encode end entry enum error event except execute exit expect export field file filter final find first flag float flush for format frame from function gather get global group " +
        "handle hash head header host if import in include index init input insert int interface into is item iterate join key kind label lambda last layer length level limit line link list load local lock " +
        "log long loop main make map mark match max merge message meta method min mode model module move name new next node none not null number object offset on open option or order other output page param " +
        "parent parse part pass path peer plan point pool port prefix print private process project public put query queue raise random range rate raw read record ref reduce release remove rename replace " +
        "request reset resolve response result return root row run save scan schema scope search select self send series session set shape share show sign size skip slice sort source split stack start state " +
        "static status step stop store stream string struct sum switch sync table tag take target task temp test text this thread time to token top total train transform tree trim true try tuple type union " +
        "unit update use user value vector verify version view void volume wait walk while width window with word work worker write yield zero").Split(' ');

    /// <summary>A third bytes that do not compress, a third one table, a third small source files, 100 to a directory: <paramref name="third"/> bytes each.</summary>
    public static void MakeMixed(string directory, long third)
    {
        Directory.CreateDirectory(directory);
        MakeRandom(Path.Combine(directory, "model.bin"), third, 1);
        MakeTable(Path.Combine(directory, "events.csv"), third, 2);
        var random = new Random(3);
        long made = 0;
        for (var i = 0; made < third; i++)
        {
            var folder = Path.Combine(directory, "src", $"package{i / 5000:00}", $"module{i / 100 % 50:00}");
            if (i % 100 == 0)
                Directory.CreateDirectory(folder);
            var text = Source(random, Math.Clamp((int)Math.Exp(7.6 + (Gauss(random) * 0.9)), 150, 60_000));
            File.WriteAllText(Path.Combine(folder, $"part{i:000000}.py"), text);
            made += text.Length;
        }
    }

    /// <summary>Files of about <paramref name="size"/> bytes, each different.</summary>
    public static void MakeSmallFiles(string directory, int files, int directories, int size)
    {
        for (var d = 0; d < directories; d++)
        {
            var folder = Path.Combine(directory, $"d{d:00000}");
            Directory.CreateDirectory(folder);
            for (var i = 0; i < files / directories; i++)
                File.WriteAllText(Path.Combine(folder, $"f{i:00000}.txt"), $"file {i:00000} of directory {d:00000}, ".PadRight(size, 'x'));
        }
    }

    /// <summary>A table of numbers, names and dates of <paramref name="length"/> bytes or a line more.</summary>
    public static void MakeTable(string file, long length, int seed)
    {
        var random = new Random(seed);
        using var writer = new StreamWriter(file, Encoding.ASCII, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 1 << 20 });
        long written = 0;
        for (var i = 0; written < length; i++)
        {
            var line = TableLine(random, i);
            writer.Write(line);
            written += line.Length;
        }
    }

    /// <summary>Puts one line at the front of a table and one in its middle.</summary>
    public static void EditTable(string file)
    {
        var bytes = File.ReadAllBytes(file);
        var middle = Array.IndexOf(bytes, (byte)'\n', bytes.Length / 2) + 1;
        using var writer = File.Create(file);
        writer.Write("0,1,0.5000,inserted_at_the_front@example.com,2026-01-01,true\n"u8);
        writer.Write(bytes.AsSpan(0, middle));
        writer.Write("0,1,0.5000,inserted_in_the_middle@example.com,2026-01-01,true\n"u8);
        writer.Write(bytes.AsSpan(middle));
    }

    private static string TableLine(Random random, int i) => string.Create(
        CultureInfo.InvariantCulture,
        $"{i},{random.Next(1000)},{random.NextDouble():0.0000},user_{random.Next(5000)}@example.com,2026-{random.Next(1, 13):00}-{random.Next(1, 29):00},{(random.Next(2) == 0 ? "true" : "false")}\n");

    private static void MakeRandom(string file, long length, int seed)
    {
        var random = new Random(seed);
        var block = new byte[1 << 20];
        using var stream = File.Create(file);
        for (long at = 0; at < length; at += block.Length)
        {
            random.NextBytes(block);
            stream.Write(block.AsSpan(0, (int)Math.Min(block.Length, length - at)));
        }
    }

    private static string Source(Random random, int length)
    {
        var text = new StringBuilder(length + 100);
        while (text.Length < length)
        {
            text.Append(' ', 4 * random.Next(4));
            for (var w = random.Next(2, 9); w > 0; w--)
            {
                text.Append(Words[random.Next(Words.Length)]);
                if (random.Next(4) == 0)
                    text.Append('_').Append(Words[random.Next(Words.Length)]);
                text.Append(random.Next(8) switch { 0 => "(", 1 => ") ", 2 => " = ", 3 => ".", 4 => ", ", 5 => $" {random.Next(100)} ", _ => " " });
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static double Gauss(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
