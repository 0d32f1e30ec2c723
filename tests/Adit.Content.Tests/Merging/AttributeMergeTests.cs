using System.Text;
using Adit.Content.Trees;

namespace Adit.Content.Merging;

/// <summary>Attributes are merged each on its own, and what is said of the bytes goes with the bytes.</summary>
public sealed class AttributeMergeTests
{
    [Fact]
    public void An_etag_goes_with_its_content_and_is_no_conflict()
    {
        var (before, ours, theirs) = (File("1", "a"), File("2", "b"), File("3", "c"));
        foreach (var (content, etag) in new[] { (ours, "b"), (theirs, "c"), (File("4", "x"), null) })
        {
            var (attributes, isAgreed) = AttributeMerge.Merge(before, ours, theirs, content);
            Assert.Equal((true, etag), (isAgreed, attributes.Select(static a => Encoding.UTF8.GetString(a.Value)).SingleOrDefault()));
        }

        Assert.Equal("c", Encoding.UTF8.GetString(AttributeMerge.Merge(null, File("1", null), File("1", "c"), File("1", null)).Attributes.Single().Value));
    }

    [Fact]
    public void What_both_said_of_a_file_is_a_conflict()
    {
        var (attributes, isAgreed) = AttributeMerge.Merge(File("1", "a", "user.s3.content-type"), File("1", "b", "user.s3.content-type"), File("1", "c", "user.s3.content-type"), File("1", null));
        Assert.Equal((false, "b"), (isAgreed, Encoding.UTF8.GetString(attributes.Single().Value)));
    }

    private static TreeEntry File(string text, string? value, string name = "user.s3.etag") => new()
    {
        Name = [.. "f"u8], Type = EntryType.File, Form = FileForm.Inline, Inline = Encoding.UTF8.GetBytes(text), Size = text.Length,
        Attributes = value is null ? [] : [new ExtendedAttribute(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value))],
    };
}
