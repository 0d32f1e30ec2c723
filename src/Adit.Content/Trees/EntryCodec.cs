namespace Adit.Content.Trees;

/// <summary>Writes and reads entries of directories: docs/reference/content.md, "Directories".</summary>
internal static class EntryCodec
{
    private const int HasAttributes = 1;
    private const int IsHardLinked = 2;
    private const int IsFuzzy = 4;

    public static void Write(ref ByteWriter writer, TreeEntry entry)
    {
        writer.Counted(entry.Name);
        writer.Byte((byte)entry.Type);
        writer.Byte((byte)((entry.Attributes.Count > 0 ? HasAttributes : 0) | (entry.HardLink != 0 ? IsHardLinked : 0) | (entry.IsFuzzy ? IsFuzzy : 0)));
        writer.Varint((ulong)entry.Mode);
        if (entry.Type != EntryType.Directory)
        {
            writer.SignedVarint(entry.Modified.Seconds);
            writer.Varint((ulong)entry.Modified.Nanoseconds);
        }

        switch (entry.Type)
        {
            case EntryType.File:
                writer.Varint((ulong)entry.Size);
                writer.Byte((byte)entry.Form);
                writer.Bytes(entry.Form == FileForm.Inline ? entry.Inline : entry.Content.Bytes);
                break;
            case EntryType.Directory:
                writer.Bytes(entry.Content.Bytes);
                writer.Varint((ulong)entry.Entries);
                writer.Varint((ulong)entry.Files);
                writer.Varint((ulong)entry.Size);
                break;
            default:
                writer.Counted(entry.Target);
                break;
        }

        if (entry.Attributes.Count > 0)
        {
            writer.Varint((ulong)entry.Attributes.Count);
            foreach (var attribute in entry.Attributes)
            {
                writer.Counted(attribute.Name);
                writer.Counted(attribute.Value);
            }
        }

        if (entry.HardLink != 0)
            writer.Varint(entry.HardLink);
    }

    public static TreeEntry Read(ref ByteReader reader)
    {
        var name = reader.Counted(TreeEntry.MaxName);
        if (!TreeEntry.IsName(name))
            throw new FormatException("A name is empty, '.', '..' or has a '/' or NUL in it.");
        var type = (EntryType)reader.Byte();
        var flags = reader.Byte();
        if (flags > (HasAttributes | IsHardLinked | IsFuzzy))
            throw new FormatException("An entry has a flag that is not known.");
        if (type != EntryType.File && (flags & (IsHardLinked | IsFuzzy)) != 0)
            throw new FormatException("An entry that is no file has a flag that only files have.");
        var entry = new TreeEntry { Name = name.ToArray(), Type = type, Mode = (int)reader.Varint(TreeEntry.ModeMask), IsFuzzy = (flags & IsFuzzy) != 0 };
        entry = type switch
        {
            EntryType.File => ReadFile(ref reader, entry),
            EntryType.Directory => ReadDirectory(ref reader, entry),
            EntryType.Link => ReadLink(ref reader, entry),
            _ => throw new FormatException("An entry has a type that is not known."),
        };
        if ((flags & HasAttributes) != 0)
            entry = entry with { Attributes = ReadAttributes(ref reader) };
        if ((flags & IsHardLinked) != 0)
            entry = entry with { HardLink = reader.Varint() is var group and not 0 ? group : throw new FormatException("A group of hard links is 0.") };
        return entry;
    }

    private static FileTime ReadTime(ref ByteReader reader) => new(reader.SignedVarint(), (int)reader.Varint(999_999_999));

    private static TreeEntry ReadFile(ref ByteReader reader, TreeEntry entry)
    {
        var time = ReadTime(ref reader);
        var size = reader.Varint(long.MaxValue);
        var form = (FileForm)reader.Byte();
        entry = entry with { Modified = time, Size = size, Form = form };
        return form switch
        {
            FileForm.Inline when size <= TreeEntry.MaxInline => entry with { Inline = reader.Bytes((int)size).ToArray() },
            FileForm.Chunk when size is > 0 and <= Chunks.Frame.MaxChunk => entry with { Content = reader.Id() },
            FileForm.List when size > 0 => entry with { Content = reader.Id() },
            _ => throw new FormatException("A file has a form that is not known, or another size than its form has."),
        };
    }

    private static TreeEntry ReadDirectory(ref ByteReader reader, TreeEntry entry) => entry with
    {
        Content = reader.Id(),
        Entries = reader.Varint(long.MaxValue),
        Files = reader.Varint(long.MaxValue),
        Size = reader.Varint(long.MaxValue),
    };

    private static TreeEntry ReadLink(ref ByteReader reader, TreeEntry entry)
    {
        var time = ReadTime(ref reader);
        var target = reader.Counted(TreeEntry.MaxTarget);
        return target.Length > 0 && !target.Contains((byte)0)
            ? entry with { Modified = time, Target = target.ToArray() }
            : throw new FormatException("A symbolic link leads nowhere.");
    }

    private static ExtendedAttribute[] ReadAttributes(ref ByteReader reader)
    {
        var attributes = new ExtendedAttribute[reader.Varint(TreeEntry.MaxAttributes)];
        var bytes = 0;
        for (var i = 0; i < attributes.Length; i++)
        {
            var name = reader.Counted(TreeEntry.MaxName);
            var value = reader.Counted(TreeEntry.MaxAttribute);
            bytes += name.Length + value.Length;
            if (name.Length == 0 || name.Contains((byte)0) || (i > 0 && attributes[i - 1].Name.AsSpan().SequenceCompareTo(name) >= 0))
                throw new FormatException("The attributes of an entry are not in order.");
            if (bytes > TreeEntry.MaxAttributeBytes)
                throw new FormatException("The attributes of an entry are too large.");
            attributes[i] = new ExtendedAttribute(name.ToArray(), value.ToArray());
        }

        return attributes.Length > 0 ? attributes : throw new FormatException("An entry has no attributes where it says so.");
    }
}
