using System.Text;
using Adit.Content.Chunks;
using FsCheck;
using FsCheck.Fluent;

namespace Adit.Content.Trees;

public sealed class EntryCodecTests
{
    private static readonly TreeEntry File = new() { Name = "a"u8.ToArray(), Type = EntryType.File };

    [Fact]
    public void Any_entry_is_read_as_it_was_written() => Prop.ForAll(Seeds, seed =>
    {
        var entry = new AnyTree(seed).Entry();
        var read = Read(Write(entry));
        Assert.Equivalent(entry, read, strict: true);
        Assert.Equal(Write(entry), Write(read));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("a/b")]
    [InlineData("a\0")]
    public void A_name_that_leads_elsewhere_is_refused(string name) => Refused(File with { Name = Encoding.UTF8.GetBytes(name) });

    [Fact]
    public void A_name_of_255_bytes_is_one_and_a_longer_one_is_refused()
    {
        var longest = File with { Name = [.. Enumerable.Repeat((byte)0xFF, 255)] };
        Assert.Equal(longest.Name, Read(Write(longest)).Name);
        Refused(File with { Name = new string('a', 256).Select(static c => (byte)c).ToArray() });
        foreach (var name in new[] { "...", ".a", "..a", "a..", "\\", "\n" })
            Assert.Equal(name, Read(Write(File with { Name = Encoding.UTF8.GetBytes(name) })).DisplayName);
    }

    [Fact]
    public void What_is_out_of_bounds_is_refused()
    {
        var id = ChunkId.Of([1]);
        var directory = new TreeEntry { Name = "d"u8.ToArray(), Type = EntryType.Directory, Content = id };
        var link = new TreeEntry { Name = "l"u8.ToArray(), Type = EntryType.Link, Target = "x"u8.ToArray() };
        Refused(File with { Mode = TreeEntry.ModeMask + 1 });
        Refused(File with { Modified = new FileTime(0, 1_000_000_000) });
        Refused(File with { Type = (EntryType)4 });
        Refused(File with { Form = (FileForm)3, Content = id });
        Refused(File with { Form = FileForm.Inline, Inline = new byte[129], Size = 129 });
        Refused(File with { Form = FileForm.Chunk, Content = id, Size = 0 });
        Refused(File with { Form = FileForm.Chunk, Content = id, Size = Frame.MaxChunk + 1 });
        Refused(File with { Form = FileForm.Chunk, Content = default, Size = 1 });
        Refused(File with { Form = FileForm.List, Content = id, Size = 0 });
        Refused(File with { Form = FileForm.List, Content = id, Size = -1 });
        Refused(directory with { Content = default });
        Refused(directory with { Files = -1 });
        Refused(directory with { HardLink = 1 });
        Refused(link with { IsFuzzy = true });
        Refused(link with { Target = [] });
        Refused(link with { Target = [1, 0] });
        Refused(link with { Target = new string('a', 4096).Select(static c => (byte)c).ToArray() });
        Refused(File with { Attributes = [Attribute("b", 1), Attribute("a", 1)] });
        Refused(File with { Attributes = [Attribute("a", 1), Attribute("a", 1)] });
        Refused(File with { Attributes = [Attribute("", 1)] });
        Refused(File with { Attributes = [Attribute("a\0", 1)] });
        Refused(File with { Attributes = [Attribute("a", TreeEntry.MaxAttribute + 1)] });
        Refused(File with { Attributes = [Attribute("a", TreeEntry.MaxAttribute), Attribute("b", TreeEntry.MaxAttribute)] });
        Refused(File with { Attributes = [.. Enumerable.Range(0, 257).Select(static i => Attribute($"{i:d3}", 0))] });
    }

    private static Arbitrary<int> Seeds { get; } = Arb.From(Gen.Choose(0, int.MaxValue));

    private static ExtendedAttribute Attribute(string name, int length) => new(Encoding.UTF8.GetBytes(name), new byte[length]);

    private static byte[] Write(TreeEntry entry)
    {
        var writer = new ByteWriter();
        EntryCodec.Write(ref writer, entry);
        return writer.Written.ToArray();
    }

    private static TreeEntry Read(byte[] bytes)
    {
        var reader = new ByteReader(bytes);
        var entry = EntryCodec.Read(ref reader);
        Assert.True(reader.IsAtEnd);
        return entry;
    }

    private static void Refused(TreeEntry entry) => Assert.Throws<FormatException>(() => Read(Write(entry)));
}
